import { scalar, type Tensor } from '../../engine/graph/index.js';
import { div, heaviside, maximum, mul, sum } from '../../engine/ops/index.js';
import { classesOf, labelWeights } from './labels.js';
import { labelShortfall } from './pixel-operators.js';

/**
 * The share of labelled pixels whose label has the largest logit, 0 … 1; 0 if all pixels are void. Next to {@link
 * crossEntropy} of the same logits it costs almost nothing, because both share nodes.
 *
 * @param logits [N, C, H, W]
 * @param labels train ids [N, H, W], uint8, int32 or int64; 255 and every other value outside 0 … C − 1 is void
 * @returns a scalar
 */
export function pixelAccuracy(logits: Tensor, labels: Tensor): Tensor {
  const classes = classesOf('pixelAccuracy', logits, labels);
  const valid = labelWeights(labels, new Array<number>(classes).fill(1));
  const right = heaviside(labelShortfall(logits, labels), 0, -1, 1);
  const total = (x: Tensor) => sum(x, undefined, { keepAxes: false });
  return div(total(mul(right, valid)), maximum(total(valid), scalar(1)));
}
