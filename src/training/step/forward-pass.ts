import type { Segment } from '../../engine/autodiff/index.js';
import type { Tensor, Variable } from '../../engine/graph/index.js';

/** The forward pass that a step trains. */
export interface ForwardPass {
  /** One number. */
  readonly loss: Tensor;
  /** What else a run returns, by name. */
  readonly metrics?: Readonly<Record<string, Tensor>>;
  /** What is trained. Every other parameter that the loss depends on is frozen, and costs nothing. */
  readonly parameters: Iterable<Variable>;
  /** Parts of it that the backward pass computes again, one at a time, instead of keeping what it needs of them. */
  readonly recompute?: readonly Segment[];
  /** What the forward pass tracks, with its next values: the running statistics of batch norm. */
  readonly bufferUpdates?: ReadonlyMap<Variable, Tensor>;
}
