import { product, type Tensor } from '../../engine/graph/index.js';
import { matmul, mean, reshape, softmax } from '../../engine/ops/index.js';
import type { Scope } from './builder.js';

/**
 * The average of the values over the whole image, K times: each time weighted by the softmax over all places of one map
 * of scores; evenly, and once, without scores. It is the only way in which a network may join what lies at any distance:
 * one that sees the image in parts takes the averages of the whole image in their place (see `BuildOptions.averaging`).
 *
 * @param scope names the average
 * @param values [N, C, H, W]
 * @param scores [N, K, H, W]
 * @returns [N, C, K, 1]
 */
export function imageAverage(scope: Scope, values: Tensor, scores?: Tensor): Tensor {
  const { averaging = wholeAverage } = scope.builder;
  return averaging(scope.path, values, scores);
}

/** {@link imageAverage} of an image that is seen whole. */
export function wholeAverage(_: string, values: Tensor, scores?: Tensor): Tensor {
  if (scores === undefined) return mean(values, [2, 3]);
  const [batch, channels] = values.shape as [number, number];
  const shares = softmax(flat(scores), 2);
  return reshape(matmul(flat(values), shares, false, true), [batch, channels, scores.shape[1]!, 1]);
}

/** [N, C, H, W] as [N, C, H·W]. */
export function flat(x: Tensor): Tensor {
  const [batch, channels, height, width] = x.shape;
  return reshape(x, [batch!, channels!, product([height!, width!])]);
}
