import { z } from 'zod';
import type { ModelConfig } from '../model/index.js';

/**
 * What one part of the training learns. The replication trains in the first three, one after the other, on hardware that
 * cannot hold the whole network; the paper trains everything at once.
 */
export const phaseKindSchema = z
  .enum(['scales', 'attention', 'refinement', 'joint'])
  .describe(
    'What is learned. `scales`: trunk and head, without attention, from one scale in each step. `attention`: the ' +
      'attention alone. `refinement`: trunk and head, with the attention frozen. `joint`: everything, end to end.',
  );

export type PhaseKind = z.infer<typeof phaseKindSchema>;

/** Whether a phase learns the parameter of this name; the others are frozen and run in their inference form. */
export function learns(kind: PhaseKind, name: string): boolean {
  const isAttention = /(^|\.)attention\./.test(name);
  switch (kind) {
    case 'scales':
    case 'refinement':
      return !isAttention;
    case 'attention':
      return isAttention;
    case 'joint':
      return true;
  }
}

/**
 * The network that a step trains alone, as the beginning of its variables' names, or undefined where a step trains all
 * that the phase learns. With one network for each scale, the phase `scales` trains one of them at a time.
 */
export function networkOf(kind: PhaseKind, { weights }: Pick<ModelConfig, 'weights'>, scale: number) {
  return kind === 'scales' && weights === 'perScale' ? `scale${scale}` : undefined;
}
