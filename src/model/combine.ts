import type { Tensor } from '../engine/graph/index.js';
import { add, addAll, maximum, mul, resizeLike, softmax, sub } from '../engine/ops/index.js';
import type { ScaleOutput } from './attention/attention.js';

/** One scale's prediction, resized to `scale` × the image. */
export interface ScalePrediction {
  readonly scale: number;
  /** [N, classes, scale·H, scale·W] */
  readonly logits: Tensor;
  /** [N, 1, scale·H, scale·W], how much the scale counts (see {@link Weighing}). */
  readonly attention?: Tensor;
  /** [N, classes, scale·H, scale·W], of the head's second classifier. */
  readonly auxiliary?: Tensor;
  /** What the logits are resized from, … */
  readonly output: ScaleOutput;
  /** … and the attention. */
  readonly weight?: Tensor;
}

/** What a combination reads of a prediction. */
type Weighed = Pick<ScalePrediction, 'scale' | 'logits' | 'attention'>;

/**
 * Hierarchical combination (arXiv 2005.10821, section 3.2): from the highest scale down, each lower scale's attention
 * says where its own logits replace what the higher ones have agreed on.
 *
 * @param predictions any scales, 1 among them, in any order
 * @returns logits at the size of scale 1
 */
export function hierarchical(predictions: readonly Weighed[]): Tensor {
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

/** The sum of all scales' logits, each by its share, at the size of `target` (arXiv 1511.03339, section 3). */
export function weighted(predictions: readonly Weighed[], target: Tensor): Tensor {
  return addAll(
    predictions.map(({ logits, attention }) =>
      mul(resizeLike(attention!, target), resizeLike(logits, target)),
    ),
  );
}

/** The mean of all scales' logits at the size of `target`: attention that is constant. */
export function average(predictions: readonly Weighed[], target: Tensor): Tensor {
  const total = addAll(predictions.map(({ logits }) => resizeLike(logits, target)));
  return mul(total, 1 / predictions.length);
}

/** The per-class maximum of all scales' softmax at the size of `target`; probabilities that need not sum to 1. */
export function maximumProbability(predictions: readonly Weighed[], target: Tensor): Tensor {
  return predictions.map(({ logits }) => softmax(resizeLike(logits, target), 1)).reduce(maximum);
}
