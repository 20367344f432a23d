import type { Tensor } from '../../engine/graph/index.js';
import { mul, type Operand } from '../../engine/ops/index.js';

/**
 * x times the factors that are given. Scalars are multiplied with each other before they are multiplied with a tensor.
 */
export function times(x: Tensor, ...factors: readonly (Operand | undefined)[]): Tensor {
  let product: Operand | undefined;
  for (const factor of factors) {
    if (factor === undefined) continue;
    product = product === undefined ? factor : mul(product, factor);
  }
  return product === undefined ? x : mul(x, product);
}
