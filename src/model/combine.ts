import type { Dim, Tensor } from '../engine/graph/index.js';
import { add, addAll, maximum, mul, resizeBilinear, resizeLike, softmax, sub } from '../engine/ops/index.js';
import type { ScaleOutput } from './attention/attention.js';

/** The prediction of one scale, resized to `scale` × the size of the image. */
export interface ScalePrediction {
  readonly scale: number;
  /** [N, classes, scale·H, scale·W] */
  readonly logits: Tensor;
  /** [N, 1, scale·H, scale·W], how much the scale counts (see {@link Weighing}). */
  readonly attention?: Tensor;
  /** Class scores of the head's second classifier, [N, classes, scale·H, scale·W]. */
  readonly auxiliary?: Tensor;
  /** The output of the head, before {@link logits} were resized. */
  readonly output: ScaleOutput;
  /** The output of the attention, before {@link attention} was resized. */
  readonly weight?: Tensor;
}

/** The part of a prediction that a combination reads. */
type Weighed = Pick<ScalePrediction, 'scale' | 'logits' | 'attention'>;

/**
 * Hierarchical combination (arXiv 2005.10821, section 3.2). From the highest scale down, the attention of each lower scale
 * says where its logits replace the result of the higher scales.
 *
 * @param predictions scales in any order; 1 must be among them
 * @returns logits at the size of scale 1
 */
export function hierarchical(predictions: readonly Weighed[]): Tensor {
  const [highest, ...lower] = [...predictions].sort((a, b) => b.scale - a.scale);
  let result = highest!.logits;
  for (const { scale, logits, attention } of lower) {
    const share = mul(attention!, logits);
    if (scale >= 1) {
      result = add(share, mul(sub(1, attention!), resizeLike(result, logits)));
    } else {
      result = add(resizeLike(share, result), mul(sub(1, resizeLike(attention!, result)), result));
    }
  }
  return result;
}

/** The size of a result: that of an image [N, C, H, W], or the size itself. */
type Target = Tensor | readonly [height: Dim, width: Dim];

function resizedTo(x: Tensor, target: Target): Tensor {
  return 'shape' in target ? resizeLike(x, target) : resizeBilinear(x, target);
}

/** The sum of all scales' logits, each times its share, at the size of `target` (arXiv 1511.03339, section 3). */
export function weighted(predictions: readonly Weighed[], target: Target): Tensor {
  return addAll(
    predictions.map(({ logits, attention }) => mul(resizedTo(attention!, target), resizedTo(logits, target))),
  );
}

/** The mean of all scales' logits at the size of `target`, which is constant attention. */
export function average(predictions: readonly Weighed[], target: Target): Tensor {
  const total = addAll(predictions.map(({ logits }) => resizedTo(logits, target)));
  return predictions.length === 1 ? total : mul(total, 1 / predictions.length);
}

/** The per-class maximum of all scales' softmax at the size of `target`; probabilities that need not sum to 1. */
export function maximumProbability(predictions: readonly Weighed[], target: Target): Tensor {
  return predictions.map(({ logits }) => softmax(resizedTo(logits, target), 1)).reduce(maximum);
}
