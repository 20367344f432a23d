import { HmsaError, shown } from '../../base/errors/index.js';
import { scalar, type Tensor } from '../../engine/graph/index.js';
import { div, maximum, mul, sum } from '../../engine/ops/index.js';
import { classesOf, labelWeights } from './labels.js';
import { negativeLogLikelihood } from './pixel-operators.js';

export interface CrossEntropyOptions {
  /** The weight of each class, above 0. Default: 1 for every class. */
  readonly classWeights?: readonly number[];
}

/**
 * The cross-entropy of a batch, Σ w[y]·(−log p[y]) / Σ w[y] over its labelled pixels, like PyTorch's `cross_entropy`
 * with `ignore_index`. If all pixels are void, loss and gradient are 0.
 *
 * @param logits [N, C, H, W]
 * @param labels train ids [N, H, W], uint8, int32 or int64; 255 and every other value outside 0 … C − 1 is void
 * @returns a scalar
 * @throws HmsaError when shapes do not fit, or a weight is missing or not above 0
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { classWeights } = options ?? {};
  const classes = classesOf('crossEntropy', logits, labels);
  const weights = classWeights ?? new Array<number>(classes).fill(1);
  if (
    !Array.isArray(weights) ||
    weights.length !== classes ||
    !weights.every((weight) => weight > 0 && Number.isFinite(weight))
  ) {
    throw new HmsaError({
      operation: 'crossEntropy',
      expected: `${classes} class weights above 0`,
      received: Array.isArray(weights) ? `[${weights.join(', ')}]` : shown(weights),
    });
  }
  const pixelWeights = labelWeights(labels, weights);
  const total = sum(mul(negativeLogLikelihood(logits, labels), pixelWeights), undefined, { keepAxes: false });
  // One labelled pixel weighs at least the smallest weight, so the bound changes only batches that are all void.
  const bound = scalar(Math.min(...weights));
  return div(total, maximum(sum(pixelWeights, undefined, { keepAxes: false }), bound));
}
