import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import { variable } from '../../engine/graph/index.js';
import { add, mul, sub } from '../../engine/ops/index.js';
import { type Optimizer, optimizerState, times } from './optimizer.js';

export interface SgdOptions {
  /** Share of the velocity that each step keeps, from 0 to below 1; default 0, plain gradient descent. */
  readonly momentum?: number;
  /** Nesterov's momentum, which looks one step ahead along the velocity; needs a momentum above 0. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent as in PyTorch's `torch.optim.SGD` with dampening 0:
 *
 *     g ← ∇L(θ) + λ·θ,  v ← μ·v + g,  θ ← θ − η·v   (Nesterov: θ ← θ − η·(g + μ·v))
 *
 * State: `optimizer.momentum.<parameter>` (v), if the momentum is above 0.
 *
 * @throws HmsaError when the momentum is outside 0 … 1, or 0 with Nesterov
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkArgument(isObject(options), 'sgd', 'an object of options', options);
  const { momentum = 0, nesterov = false } = options;
  if (!(typeof momentum === 'number' && momentum >= 0 && momentum < 1) || (nesterov && momentum === 0)) {
    throw new HmsaError({
      operation: 'sgd',
      expected: `a momentum from 0 to below 1${nesterov ? ', above 0 for Nesterov' : ''}`,
      received: String(momentum),
    });
  }
  return (gradientFactor) => ({
    shared: [],
    update({ parameter, gradient, learningRate, weightDecay }) {
      const scaled = times(gradient, gradientFactor);
      const g = weightDecay === 0 ? scaled : add(scaled, mul(parameter, weightDecay));
      if (momentum === 0) return { next: sub(parameter, mul(g, learningRate)), state: [] };
      const { name, shape } = parameter.attributes;
      const velocity = variable(`optimizer.momentum.${name}`, shape, optimizerState);
      const nextVelocity = add(mul(velocity, momentum), g);
      const direction = nesterov ? add(g, mul(nextVelocity, momentum)) : nextVelocity;
      return {
        next: sub(parameter, mul(direction, learningRate)),
        state: [{ variable: velocity, next: nextVelocity }],
      };
    },
  });
}
