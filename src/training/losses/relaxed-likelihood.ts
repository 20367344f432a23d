import { scalar, type Tensor } from '../../engine/graph/index.js';
import {
  add,
  exp,
  log,
  max,
  maximum,
  maxPool2d,
  notIgnored,
  oneHot,
  reshape,
  stopGradient,
  sub,
  sum,
  where,
} from '../../engine/ops/index.js';
import { classesOf } from './labels.js';

/** A logit far below all others: e to it is 0, and differences to other float32 numbers stay finite. */
const NEVER = -(2 ** 127);

/**
 * −log Σ p[c] over the classes c of the labelled pixels in the window of 2 · radius + 1 around each pixel (Zhu et al.
 * 2019, arXiv 1812.01593, section 3.3). Void pixels get 0.
 *
 * @param logits [N, C, H, W], sides that are numbers
 * @param labels [N, H, W]
 * @returns [N, H, W]
 */
export function relaxedLikelihood(logits: Tensor, labels: Tensor, radius: number): Tensor {
  const classes = classesOf('relaxBorders', logits, labels);
  const window = { kernel: 2 * radius + 1, stride: 1, padding: radius };
  const near = maxPool2d(oneHot(labels, classes), window);
  // At void pixels the union is of all classes, whose probability is 1.
  const union = maximum(near, sub(scalar(1), notIgnored(labels, classes)));
  const likelihood = sub(logSum(logits), logSum(where(union, logits, scalar(NEVER))));
  return reshape(likelihood, labels.shape);
}

/** log Σ exp over the classes, [N, 1, H, W]. */
function logSum(logits: Tensor): Tensor {
  const largest = stopGradient(max(logits, [1]));
  return add(log(sum(exp(sub(logits, largest)), [1])), largest);
}
