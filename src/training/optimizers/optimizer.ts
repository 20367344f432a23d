import type { Tensor, Variable, VariableOptions } from '../../engine/graph/index.js';

/** The value that a variable has after the step. */
export interface VariableUpdate {
  readonly variable: Variable;
  readonly next: Tensor;
}

/** One parameter and the inputs of its update. */
export interface ParameterStep {
  readonly parameter: Variable;
  /** The gradient of the loss, before it is scaled by the factor that {@link Optimizer} takes. */
  readonly gradient: Tensor;
  /** A scalar, with the multiplier of the parameter's group. */
  readonly learningRate: Tensor;
  readonly weightDecay: number;
}

/** The updates of one parameter and of the optimiser's state for it. */
export interface ParameterUpdate {
  readonly next: Tensor;
  readonly state: readonly VariableUpdate[];
}

/** An optimiser inside one graph. */
export interface BoundOptimizer {
  /** State that all parameters share. */
  readonly shared: readonly VariableUpdate[];
  update(step: ParameterStep): ParameterUpdate;
}

/** Optimiser state starts at zero and ends with its phase, because the next phase has other rates and parameters. */
export const optimizerState: VariableOptions = { role: 'state', start: 0, life: 'phase' };

/**
 * An update rule as a part of the graph. Its state consists of variables with `optimizerState` that are named
 * `optimizer.<what>.<parameter>`, or `optimizer.<what>` if all parameters share it.
 *
 * @param gradientFactor a scalar that multiplies every gradient (clipping, the mean over micro-batches); default 1. An
 *   update multiplies it into its own scalars, so that it costs no pass over the large tensors
 */
export type Optimizer = (gradientFactor?: Tensor) => BoundOptimizer;
