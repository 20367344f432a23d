import type { Tensor } from '../../graph/index.js';

/** What a head makes of a trunk's features. */
export interface HeadOutput {
  /** Class scores before the softmax, [N, classes, h, w], at the head's own size. */
  readonly logits: Tensor;
  /** Context at the trunk's output stride, which the attention by transposed convolutions starts from. */
  readonly context: Tensor;
  /** Fused features right before the classifier, which the paper's attention starts from. */
  readonly fused: Tensor;
}
