import { HmsaError, shown } from '../../base/errors/index.js';
import { scalar, type Tensor, tensorsOf } from '../../engine/graph/index.js';
import { add, addAll, div, minimum, reshape, sqrt, sumOfSquares } from '../../engine/ops/index.js';

/** √Σ‖g‖² over all tensors, a scalar. It is not finite if one element is not. */
export function globalNorm(tensors: Iterable<Tensor>): Tensor {
  return sqrt(reshape(addAll(tensorsOf('globalNorm', tensors).map((tensor) => sumOfSquares(tensor))), []));
}

/**
 * The factor that limits gradients of the given norm to a norm of `limit`: min(1, limit / (norm + 1e-6)), as PyTorch's
 * `clip_grad_norm_` computes it.
 *
 * @throws HmsaError when the limit is not above 0
 */
export function clipFactor(norm: Tensor, limit: number): Tensor {
  if (!(typeof limit === 'number' && limit > 0)) {
    throw new HmsaError({ operation: 'clipNorm', expected: 'a norm above 0', received: shown(limit) });
  }
  return minimum(div(limit, add(norm, 1e-6)), scalar(1));
}
