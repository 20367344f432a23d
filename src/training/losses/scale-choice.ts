import { type Dim, scalar, type Tensor } from '../../engine/graph/index.js';
import {
  abs,
  add,
  addAll,
  argmax,
  cast,
  concat,
  div,
  heaviside,
  log,
  maximum,
  mul,
  neg,
  reshape,
  resizeBilinear,
  softmax,
  stopGradient,
  sub,
  sum,
} from '../../engine/ops/index.js';
import { hierarchical, type ScalePrediction } from '../../model/index.js';
import type { CrossEntropyOptions } from './cross-entropy.js';
import { classesOf, labelWeights } from './labels.js';
import { negativeLogLikelihood } from './pixel-operators.js';

/** Keeps the logarithm of a share finite where the attention is saturated. */
const LEAST_SHARE = 1e-6;

/** What the attention can choose at each pixel. */
interface Option {
  /** [N, C, H, W] */
  readonly logits: Tensor;
  /** How much the attention listens to it, [N, 1, H, W]. The shares of all options sum to 1. */
  readonly share: Tensor;
}

/**
 * A loss that tells the attention which scale is right: at each pixel the cross-entropy −Σ t·log(share) between what the
 * attention gives to each option and t = p / Σp, where p is the probability that an option gives to the true class.
 * So t is the responsibility of one expert among several (Jacobs et al. 1991, doi 10.1162/neco.1991.3.1.79); between
 * two it is the sigmoid of the difference of their cross-entropies. It is the mean over the labelled pixels at which the
 * options have different classes, because the choice matters at no other; 0 if there are none.
 *
 * With attention between adjacent scales, the options of each scale but the highest are its own logits and the
 * combination of all higher ones, and the result is the mean over these scales. With shares of all scales, the options
 * are the scales. The gradient passes through the shares only, not through the targets.
 *
 * @param predictions from the highest scale to the lowest, two or more, with attention; {@link segmentation} returns them
 * @param labels train ids [N, H, W]; every value outside 0 … C − 1 is void
 * @returns a scalar
 */
export function scaleChoiceLoss(
  predictions: readonly ScalePrediction[],
  labels: Tensor,
  { classWeights }: CrossEntropyOptions = {},
): Tensor {
  const size = labels.shape.slice(1) as [Dim, Dim];
  const optionsOf = choices(predictions).map((options) =>
    options.map(({ logits, share }) => ({
      logits: resizeBilinear(logits, size),
      share: resizeBilinear(share, size),
    })),
  );
  const classes = classesOf('scaleChoiceLoss', optionsOf[0]![0]!.logits, labels);
  const weights = classWeights ?? new Array<number>(classes).fill(1);
  const pixelWeights = labelWeights(labels, weights);
  const bound = scalar(Math.min(...weights));
  const losses = optionsOf.map((options) => choiceLoss(options, labels, pixelWeights, bound));
  return div(addAll(losses), losses.length);
}

function choices(predictions: readonly ScalePrediction[]): Option[][] {
  const weighsAll = predictions[0]!.attention !== undefined;
  if (weighsAll) return [predictions.map(({ logits, attention }) => ({ logits, share: attention! }))];
  return predictions.slice(1).map(({ logits, attention }, i) => [
    { logits, share: attention! },
    { logits: hierarchical(predictions.slice(0, i + 1)), share: sub(1, attention!) },
  ]);
}

function choiceLoss(options: readonly Option[], labels: Tensor, weights: Tensor, bound: Tensor): Tensor {
  const onePerPixel = [labels.shape[0]!, 1, ...labels.shape.slice(1)];
  const likelihoods = options.map(({ logits }) =>
    reshape(neg(negativeLogLikelihood(logits, labels)), onePerPixel),
  );
  const target = stopGradient(softmax(concat(likelihoods, 1), 1));
  const shares = concat(
    options.map(({ share }) => share),
    1,
  );
  const pixelLoss = neg(sum(mul(target, log(add(shares, LEAST_SHARE))), [1], { keepAxes: false }));
  const counted = mul(weights, differs(options));
  const total = (x: Tensor) => sum(x, undefined, { keepAxes: false });
  // One counted pixel weighs at least the smallest weight, so the bound changes only batches in which none counts.
  return div(total(mul(pixelLoss, counted)), maximum(total(counted), bound));
}

/** 1 where the options do not all have the same class, 0 elsewhere, [N, H, W]. */
function differs(options: readonly Option[]): Tensor {
  const [first, ...others] = options.map(({ logits }) => cast(argmax(logits), 'float32'));
  return heaviside(others.map((other) => abs(sub(other, first!))).reduce(maximum), 0.5);
}
