import { z } from 'zod';

/** The key of the attentions whose published weights have no bias in the last layer. */
export const scoreBias = z
  .boolean()
  .exactOptional()
  .describe(
    "Whether the last layer has a bias; default true. NVIDIA's published weights have none: give false for them.",
  );
