import type { TrainConfig } from './config.js';
import type { PhaseKind } from './phase.js';

/**
 * Work of a step of a phase, in forward passes of trunk and head at scale 1: to compare phases of one run. A pass grows
 * with the square of the scale, and the backward pass counts as two forward ones: one product for the gradients of the
 * features, one for those of the weights. `scales` sees one scale at a time, here their mean; `attention` has nothing to
 * carry back through trunk and head; recomputation is one more pass. The attention heads, small beside the rest, are
 * left out.
 */
export function stepCost(
  kind: PhaseKind,
  {
    model: { scales },
    recompute,
  }: Pick<TrainConfig, 'recompute'> & { readonly model: Pick<TrainConfig['model'], 'scales'> },
): number {
  const all = scales.reduce((sum, scale) => sum + scale ** 2, 0);
  switch (kind) {
    case 'scales':
      return (3 * all) / scales.length;
    case 'attention':
      return all;
    case 'refinement':
    case 'joint':
      return (recompute === 'scales' && scales.length > 1 ? 4 : 3) * all;
  }
}
