import type { Tensor, Variable } from '../graph/index.js';

/** The value that a variable has after the step. */
export interface VariableUpdate {
  readonly variable: Variable;
  readonly next: Tensor;
}

/** What holds for all parameters of one step. Both are scalars, and left out where they are 1. */
export interface StepFactors {
  /** Multiplies every gradient: clipping, and the mean over micro-batches. */
  readonly gradient?: Tensor | undefined;
  /**
   * 1 where this run updates, 0 where it only accumulates and has to leave every value as it is, to the bit.
   * It is folded into the scalars of an update, so that the large tensors see no operation more.
   */
  readonly active?: Tensor | undefined;
}

/** One parameter and what it is updated with. */
export interface ParameterStep {
  readonly parameter: Variable;
  /** The gradient of the loss, before {@link StepFactors.gradient}. */
  readonly gradient: Tensor;
  /** A scalar, with the multiplier of the parameter's group. */
  readonly learningRate: Tensor;
  readonly weightDecay: number;
}

/** The updates of one parameter: its own, and those of what the optimiser remembers of it. */
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

/**
 * An update rule as a fragment of the graph. Its state are variables of the role `optimizer` that are called
 * `optimizer.<what>.<parameter>`, or `optimizer.<what>` where all parameters share it, and start at zero.
 */
export type Optimizer = (factors: StepFactors) => BoundOptimizer;
