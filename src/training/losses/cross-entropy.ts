import { HmsaError, shown } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { scalar, type Tensor } from '../../engine/graph/index.js';
import { div, heaviside, maximum, mul, sum } from '../../engine/ops/index.js';
import { hardestPixels } from './hard-examples.js';
import { presenceWeights } from './image-weights.js';
import { classesOf, labelWeights } from './labels.js';
import { type LossConfig, lossSchema } from './loss-config.js';
import { negativeLogLikelihood } from './pixel-operators.js';
import { relaxedLikelihood } from './relaxed-likelihood.js';

const settings = lossSchema.pick({ imageWeights: true, hardExamples: true, relaxBorders: true });

/** See docs/losses.md for the options that a configuration has as well. */
export interface CrossEntropyOptions
  extends Pick<LossConfig, 'imageWeights' | 'hardExamples' | 'relaxBorders'> {
  /** The weight of each class, above 0. Default: 1 for every class. */
  readonly classWeights?: readonly number[] | undefined;
}

/**
 * The cross-entropy of a batch, Σ w[y]·(−log p[y]) / Σ w[y] over its labelled pixels, like PyTorch's `cross_entropy`
 * with `ignore_index`. If all pixels are void, loss and gradient are 0.
 *
 * - With `imageWeights` each pixel has the weight 1 + upperBound · (1 − s), where s is the share of its class among the
 *   labelled pixels of its image or of the batch. With those of an image the loss is the mean over the images that have
 *   labels of each one's own.
 * - With `hardExamples` only hard pixels count.
 * - With `relaxBorders` p[y] becomes the sum over the classes of all labelled pixels in the window around the pixel.
 *
 * @param logits [N, C, H, W], sides that are numbers for each of the options but `classWeights`
 * @param labels train ids [N, H, W], uint8, int32 or int64; 255 and every other value outside 0 … C − 1 is void
 * @returns a scalar
 * @throws HmsaError when shapes do not fit, a weight is missing or not above 0, or weights are given twice
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { classWeights, imageWeights, hardExamples, relaxBorders } = options ?? {};
  checkSchema(settings, { imageWeights, hardExamples, relaxBorders }, 'crossEntropy');
  const classes = classesOf('crossEntropy', logits, labels);
  const weights = classWeights ?? new Array<number>(classes).fill(1);
  checkWeights(weights, classes);
  if (classWeights !== undefined && imageWeights !== undefined) {
    throw new HmsaError({
      operation: 'crossEntropy',
      expected: 'class weights or image weights',
      received: 'both',
    });
  }
  const likelihood =
    relaxBorders === undefined
      ? negativeLogLikelihood(logits, labels)
      : relaxedLikelihood(logits, labels, relaxBorders.radius);
  let pixelWeights =
    imageWeights === undefined
      ? labelWeights(labels, weights)
      : presenceWeights(labels, classes, imageWeights);
  if (hardExamples !== undefined) {
    const valid = labelWeights(labels, new Array<number>(classes).fill(1));
    pixelWeights = mul(pixelWeights, hardestPixels(likelihood, valid, hardExamples));
  }
  const perImage = imageWeights?.of === 'image';
  const total = (x: Tensor) => sum(x, perImage ? [1, 2] : undefined, { keepAxes: false });
  const weight = total(pixelWeights);
  // One labelled pixel weighs at least the smallest weight, so the bound changes only what is all void.
  const means = div(total(mul(likelihood, pixelWeights)), maximum(weight, scalar(Math.min(...weights))));
  if (!perImage) return means;
  const images = sum(heaviside(weight, 0), undefined, { keepAxes: false });
  return div(sum(means, undefined, { keepAxes: false }), maximum(images, scalar(1)));
}

function checkWeights(weights: unknown, classes: number): void {
  const isRight =
    Array.isArray(weights) &&
    weights.length === classes &&
    weights.every((weight) => weight > 0 && Number.isFinite(weight));
  if (isRight) return;
  throw new HmsaError({
    operation: 'crossEntropy',
    expected: `${classes} class weights above 0`,
    received: Array.isArray(weights) ? `[${weights.join(', ')}]` : shown(weights),
  });
}
