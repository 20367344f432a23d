import type { Tensor } from '../graph/index.js';
import { add, mul, type Operand, sub } from '../ops/index.js';

/** x times the factors that are there. Scalars are multiplied with each other before they meet a tensor. */
export function times(x: Tensor, ...factors: readonly (Operand | undefined)[]): Tensor {
  const factor = productOf(factors);
  return factor === undefined ? x : mul(x, factor);
}

/** 1 − amount where the step is active, 1 where it is not: what an average keeps of its former value. */
export function kept(amount: number, active: Tensor | undefined): Operand {
  return active === undefined ? 1 - amount : sub(1, mul(active, amount));
}

/** a + b, where what is left out counts as zero. */
export function plus(a: Tensor, b: Tensor | undefined): Tensor {
  return b === undefined ? a : add(a, b);
}

/** The product of scalars, each of which may be missing; undefined where all are missing or 1. */
export function productOf(factors: readonly (Operand | undefined)[]): Operand | undefined {
  let result: Operand | undefined;
  for (const factor of factors) {
    if (factor === undefined || factor === 1) continue;
    if (result === undefined) result = factor;
    else if (typeof result === 'number' && typeof factor === 'number') result *= factor;
    else result = mul(result, factor);
  }
  return result;
}
