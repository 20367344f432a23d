import * as ops from '../../../src/engine/ops/index.js';
import { sidesOf } from '../draft.js';
import type { Move } from './move.js';

const reduction =
  (operator: typeof ops.sum): Move =>
  (draft) => {
    const { choices } = draft;
    const x = draft.float();
    const keepAxes = choices.flag();
    return choices.int(0, 3) === 0
      ? operator(x, undefined, { keepAxes })
      : operator(x, choices.axes(x.shape.length), { keepAxes });
  };

/** A product with a new matrix on either side, operands stored transposed or not, batches broadcast. */
const matmul: Move = (draft) => {
  const { choices } = draft;
  const a = draft.float(2);
  const shape = sidesOf(a);
  const [transposeA, transposeB] = [choices.flag(), choices.flag()];
  const [rows, inner] = transposeA ? [shape.at(-1)!, shape.at(-2)!] : [shape.at(-2)!, shape.at(-1)!];
  const columns = choices.int(1, 4);
  const stretched = choices.axes(shape.length - 2);
  const batch = shape
    .slice(0, -2)
    .map((side, axis) => (stretched.includes(axis) ? 1 : side))
    .slice(choices.int(0, shape.length - 2));
  if (!draft.fits([...shape.slice(0, -2), rows, columns])) return undefined;
  const b = draft.leaf([...batch, ...(transposeB ? [columns, inner] : [inner, columns])]);
  // (AB)ᵀ = BᵀAᵀ puts the new matrix first.
  return choices.flag()
    ? ops.matmul(a, b, transposeA, transposeB)
    : ops.matmul(b, a, !transposeB, !transposeA);
};

export const reductionMoves = {
  sum: reduction(ops.sum),
  mean: reduction(ops.mean),
  max: reduction(ops.max),
  sumOfSquares: reduction(ops.sumOfSquares),
  matmul,
} satisfies Record<string, Move>;
