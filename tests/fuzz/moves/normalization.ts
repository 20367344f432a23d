import type { Tensor } from '../../../src/engine/graph/index.js';
import * as ops from '../../../src/engine/ops/index.js';
import { type Draft, sidesOf } from '../draft.js';
import type { Move } from './move.js';

/** An image, and one number a channel for γ and β. */
function operands(draft: Draft): { x: Tensor; gamma: Tensor; beta: Tensor; channels: number } {
  const x = draft.float(4, 4);
  const channels = sidesOf(x)[1]!;
  return { x, gamma: draft.leaf([channels]), beta: draft.leaf([channels]), channels };
}

export const normalizationMoves = {
  batchNormInference: (draft) => {
    const { x, gamma, beta, channels } = operands(draft);
    const [mean, variance] = [draft.leaf([channels]), draft.leaf([channels], { low: 0.25, high: 2 })];
    return ops.batchNormInference(
      x,
      gamma,
      beta,
      ops.stopGradient(mean),
      ops.stopGradient(variance),
      draft.choices.pick([1e-5, 0.1]),
    );
  },
  batchNormTraining: (draft) => {
    const { x, gamma, beta } = operands(draft);
    // Few values a channel may lie close together: an ε that keeps 1/σ in bounds.
    const { y, mean, variance } = ops.batchNormTraining(x, gamma, beta, draft.choices.pick([0.01, 0.1]));
    return draft.choices.pick([y, y, y, mean, variance]);
  },
} satisfies Record<string, Move>;
