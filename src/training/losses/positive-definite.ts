import { constant, type Tensor } from '../../engine/graph/index.js';
import { add, addAll, div, inverseSqrt, log, maximum, mul, slice, sub, sum } from '../../engine/ops/index.js';

/** A smaller pivot of a matrix with ones on its diagonal is rounding error of float32. */
const SMALLEST_PIVOT = 1e-7;

export interface Inverted {
  /** [..., n, n] */
  readonly inverse: Tensor;
  /** [..., 1, 1] */
  readonly logDeterminant: Tensor;
}

/**
 * Inverse and log determinant of many small symmetric positive definite matrices; ONNX Runtime has an operator for
 * neither. Gauss–Jordan elimination in place, with a rank-one update for each row. Pivots are positive without row
 * exchanges, and their product is the determinant. The diagonal is scaled to ones first. This keeps pivots at most 1
 * and avoids cancellation in the updates.
 *
 * Not meant to be differentiated.
 *
 * @param matrices [..., n, n]
 */
export function invertPositiveDefinite(matrices: Tensor): Inverted {
  const size = matrices.shape.at(-1) as number;
  const [row, column] = [-1, -2] as const;
  const diagonal = mul(matrices, identity(size));
  const scaleRows = inverseSqrt(sum(diagonal, [row]));
  const scaleColumns = inverseSqrt(sum(diagonal, [column]));
  const scaled = (x: Tensor) => mul(mul(x, scaleRows), scaleColumns);
  let swept = scaled(matrices);
  const pivots: Tensor[] = [];
  for (let k = 0; k < size; k++) {
    const unit = Array.from({ length: size }, (_, i) => Number(i === k));
    const left = slice(swept, row, k, k + 1);
    const across = slice(swept, column, k, k + 1);
    const pivot = maximum(slice(left, column, k, k + 1), constant([SMALLEST_PIVOT], [1, 1]));
    // a − (l − e)(r + e)ᵀ / p: row k becomes r / p, column k becomes −l / p, the corner 1 / p.
    const ahead = add(across, constant(unit, [1, size]));
    swept = sub(swept, mul(div(sub(left, constant(unit, [size, 1])), pivot), ahead));
    pivots.push(pivot);
  }
  const scales = mul(sum(log(scaleRows), [column]), 2);
  return { inverse: scaled(swept), logDeterminant: sub(addAll(pivots.map(log)), scales) };
}

/** The identity matrix [size, size]. */
export function identity(size: number): Tensor {
  const data = Array.from({ length: size ** 2 }, (_, i) => Number(i % (size + 1) === 0));
  return constant(data, [size, size]);
}
