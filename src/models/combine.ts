import type { Tensor } from '../graph/index.js';
import { add, addAll, maximum, mul, resizeLike, softmax, sub } from '../ops/index.js';

/** One scale's prediction, both tensors resized to `scale` × the image. */
export interface ScalePrediction {
  readonly scale: number;
  /** [N, classes, scale·H, scale·W] */
  readonly logits: Tensor;
  /** [N, 1, scale·H, scale·W]; not needed of the highest scale. */
  readonly attention?: Tensor;
}

/**
 * Hierarchical combination (arXiv 2005.10821, section 3.2): from the highest scale down, each lower scale's attention
 * says where its own logits replace what the higher ones have agreed on.
 *
 * @param predictions any scales, 1 among them, in any order
 * @returns logits at the size of scale 1
 */
export function hierarchical(predictions: readonly ScalePrediction[]): Tensor {
  const [highest, ...lower] = [...predictions].sort((a, b) => b.scale - a.scale);
  let result = highest!.logits;
  for (const { scale, logits, attention } of lower) {
    const own = mul(attention!, logits);
    if (scale >= 1) {
      result = add(own, mul(sub(1, attention!), resizeLike(result, logits)));
    } else {
      result = add(resizeLike(own, result), mul(sub(1, resizeLike(attention!, result)), result));
    }
  }
  return result;
}

/** The mean of all scales' logits at the size of `target`: attention that is constant. */
export function average(predictions: readonly ScalePrediction[], target: Tensor): Tensor {
  const total = addAll(predictions.map(({ logits }) => resizeLike(logits, target)));
  return mul(total, 1 / predictions.length);
}

/** The per-class maximum of all scales' softmax at the size of `target`; probabilities that need not sum to 1. */
export function maximumProbability(predictions: readonly ScalePrediction[], target: Tensor): Tensor {
  return predictions.map(({ logits }) => softmax(resizeLike(logits, target), 1)).reduce(maximum);
}
