import type { Tensor } from '../../engine/graph/index.js';
import { mul, type Operand } from '../../engine/ops/index.js';

/** x times those factors that are there; scalars are multiplied with each other before they meet a tensor. */
export function times(x: Tensor, ...factors: readonly (Operand | undefined)[]): Tensor {
  let product: Operand | undefined;
  for (const factor of factors) {
    if (factor === undefined) continue;
    product = product === undefined ? factor : mul(product, factor);
  }
  return product === undefined ? x : mul(x, product);
}
