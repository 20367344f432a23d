import { HmsaError } from '../errors/index.js';
import { variable } from '../graph/index.js';
import { add, mul, sub } from '../ops/index.js';
import { kept, plus, times } from './factors.js';
import type { Optimizer } from './optimizer.js';

export interface SgdOptions {
  /** What the velocity keeps from step to step, 0 … 1; 0, plain gradient descent, where left out. */
  readonly momentum?: number;
  /** Looks one step ahead along the velocity; needs momentum. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as PyTorch defines it (`torch.optim.SGD`, dampening 0):
 *
 *     g ← ∇L(θ) + λ·θ,  v ← μ·v + g,  θ ← θ − η·v   (Nesterov: θ ← θ − η·(g + μ·v))
 *
 * State: `optimizer.momentum.<parameter>`, where there is momentum.
 *
 * @throws HmsaError when the momentum is outside 0 … 1, or missing for Nesterov
 */
export function sgd({ momentum = 0, nesterov = false }: SgdOptions = {}): Optimizer {
  if (!(momentum >= 0 && momentum < 1) || (nesterov && momentum === 0)) {
    throw new HmsaError({
      operation: 'sgd',
      expected: `a momentum from 0 to below 1${nesterov ? ', above 0 for Nesterov' : ''}`,
      received: String(momentum),
    });
  }
  return ({ gradient: scale, active }) => ({
    shared: [],
    update({ parameter, gradient, learningRate, weightDecay }) {
      const decay = (factor = active) =>
        weightDecay === 0 ? undefined : times(parameter, weightDecay, factor);
      const descend = (direction: typeof gradient, ...factors: (typeof active)[]) =>
        sub(parameter, times(direction, learningRate, ...factors));
      if (momentum === 0) {
        return { next: descend(plus(times(gradient, scale), decay(undefined)), active), state: [] };
      }
      const velocity = variable(
        `optimizer.momentum.${parameter.attributes.name}`,
        parameter.attributes.shape,
        'optimizer',
      );
      // Inactive, the velocity is kept whole and takes nothing in.
      const direction = plus(times(gradient, scale, active), decay());
      const next = add(mul(velocity, kept(1 - momentum, active)), direction);
      const ahead = nesterov ? add(direction, mul(next, momentum)) : next;
      return { next: descend(ahead, active), state: [{ variable: velocity, next }] };
    },
  });
}
