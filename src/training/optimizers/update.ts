import { checkArgument, isObject } from '../../base/errors/index.js';
import { expectTensor, type Tensor, type Variable } from '../../engine/graph/index.js';
import { mul } from '../../engine/ops/index.js';
import { type ParameterGroup, settingsOf } from './groups.js';
import type { Optimizer, VariableUpdate } from './optimizer.js';

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  /** A scalar. */
  readonly learningRate: Tensor;
  /** For the parameters whose group does not set it; default 0. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
  /** A scalar that multiplies every gradient: clipping, the mean over micro-batches. */
  readonly gradientFactor?: Tensor | undefined;
}

/**
 * One step of an optimiser over all parameters. The gradients may come from the backward pass of the same graph, or
 * from inputs that hold sums over several machines.
 *
 * @returns the next value of every parameter and of all optimiser state, which starts at zero
 */
export function updates(gradients: ReadonlyMap<Variable, Tensor>, options: UpdateOptions): VariableUpdate[] {
  checkArgument(gradients instanceof Map, 'updates', 'a Map of gradients by variable', gradients);
  checkArgument(isObject(options), 'updates', 'an object of options', options);
  const { optimizer, learningRate, weightDecay = 0, groups = [], gradientFactor } = options;
  checkArgument(typeof optimizer === 'function', 'updates', 'an optimizer, such as sgd()', optimizer);
  expectTensor('updates, learningRate', learningRate);
  const bound = optimizer(gradientFactor);
  const result = [...gradients].flatMap(([parameter, gradient]): VariableUpdate[] => {
    const settings = settingsOf(parameter, groups, weightDecay);
    const { next, state } = bound.update({
      parameter,
      gradient,
      learningRate: settings.learningRate === 1 ? learningRate : mul(learningRate, settings.learningRate),
      weightDecay: settings.weightDecay,
    });
    return [{ variable: parameter, next }, ...state];
  });
  return [...result, ...bound.shared];
}
