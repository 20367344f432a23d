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
