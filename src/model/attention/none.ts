import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import type { Attention } from './attention.js';

const schema = z.strictObject({
  name: z
    .literal('none')
    .describe('No attention: the model labels at one scale, or at several by `average` or `max`.'),
});

export type NoAttentionConfig = z.infer<typeof schema>;

/** No attention, as networks of one scale have it. Scales can still be averaged. */
export const noAttention: Attention<NoAttentionConfig> & { readonly schema: typeof schema } = {
  name: 'none',
  schema,
  readsOneScale: true,
  ownScalesOnly: true,
  check(scales) {
    if (scales.length === 1) return;
    throw new HmsaError({
      operation: 'scales',
      expected: 'one scale: the model has no attention that weighs several',
      received: scales.join(', '),
      remedy: 'Give one scale, or combine by "average" or "max".',
    });
  },
  weigh: () => ({ kind: 'adjacent', weights: new Map() }),
};
