import type { ModelConfig } from '../model/index.js';

/**
 * What one part of the training learns. The replication trains in three steps on hardware that cannot hold the whole:
 * `scales` learns trunk and head at one scale at a time, without attention; `attention` learns the attention heads with
 * the rest frozen; `refinement` learns trunk and head with the attention frozen. `joint` learns everything at once, end
 * to end, as the paper does.
 */
export type PhaseKind = 'scales' | 'attention' | 'refinement' | 'joint';

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
