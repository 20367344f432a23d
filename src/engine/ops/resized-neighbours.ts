import { checkArgument } from '../../base/errors/index.js';
import {
  apply,
  constant,
  type Dim,
  expectDim,
  type OnnxEmitter,
  type Operator,
  product,
  type Tensor,
} from '../graph/index.js';
import { type Alignment, interpolationMatrix } from './resize.js';

interface NeighboursAttributes {
  readonly from: Dim;
  readonly to: Dim;
  /** How many neighbours are summed; odd. */
  readonly count: number;
  readonly alignment: Alignment;
}

const neighboursOperator: Operator<NeighboursAttributes> = {
  name: 'resizedNeighbours',
  shape: (_, { from, to, count }) => ({ shape: [to, product([count, from])], dtype: 'float32' }),
  reference: (_, { count, alignment }, [to, columns]) =>
    neighbourMatrix(columns! / count, to!, count, alignment),
  gradient: 'none',
  onnx: (emitter, _, { attributes }) => emitNeighbours(emitter, attributes),
};

/**
 * The matrix that resizes `count` signals along an axis, shifts the k-th by k − ⌊count / 2⌋ places and sums them:
 *
 *     y[i] = Σₖ resized(xₖ)[i + k − ⌊count / 2⌋]
 *
 * is its product with the concatenation of all xₖ. This is what remains of a convolution along an axis if the channels were
 * mixed before the resize. Places outside of the resized axis are zero, like the padding of a convolution.
 *
 * @param from the side of each signal
 * @param to the side to which they are resized, as `resizeBilinear` does it
 * @param count an odd number
 * @returns [to, count · from]; a constant where both sides are numbers
 * @throws HmsaError when a side or the count is not a whole number from 1, the count is even, or the matrix has more than 2²⁸
 *   elements
 */
export function resizedNeighbours(
  from: Dim,
  to: Dim,
  count: number,
  options: { readonly alignCorners?: boolean } = {},
): Tensor {
  expectDim('resizedNeighbours', from);
  expectDim('resizedNeighbours', to);
  const isOdd = Number.isInteger(count) && count >= 1 && count % 2 === 1;
  checkArgument(isOdd, 'resizedNeighbours, count', 'an odd number of 1 or more', count);
  const numbers = [from, to].filter((side) => typeof side === 'number');
  const areSides = numbers.every((side) => Number.isInteger(side) && side >= 1);
  const isSmall = numbers.reduce((a, b) => a * b, count) <= MOST_ELEMENTS;
  checkArgument(areSides && isSmall, 'resizedNeighbours', 'sides from 1 with a product up to 2²⁸', [
    from,
    to,
  ]);
  const alignment: Alignment = options?.alignCorners === true ? 'corners' : 'edges';
  if (typeof from !== 'number' || typeof to !== 'number')
    return apply(neighboursOperator, [], { from, to, count, alignment });
  const matrix = neighbourMatrix(from, to, count, alignment);
  return constant(Float32Array.from(matrix), [to, count * from]);
}

const MOST_ELEMENTS = 2 ** 28;

/** Row-major [to, count · from]. */
function neighbourMatrix(from: number, to: number, count: number, alignment: Alignment): Float64Array {
  const resize = interpolationMatrix(from, to, alignment);
  const result = new Float64Array(to * count * from);
  for (let k = 0; k < count; k++) {
    for (let i = 0; i < to; i++) {
      const row = i + k - Math.floor(count / 2);
      if (row < 0 || row >= to) continue;
      result.set(resize.subarray(row * from, (row + 1) * from), (i * count + k) * from);
    }
  }
  return result;
}

/** The matrix of sides that are known at run time alone: the identity matrix is resized, padded and cut. */
function emitNeighbours(emitter: OnnxEmitter, { from, to, count, alignment }: NeighboursAttributes): string {
  const square = emitter.shared('ConstantOfShape', [emitter.sides([from, from])]);
  const identity = emitter.shared('EyeLike', [square]);
  const image = emitter.shared('Unsqueeze', [identity, emitter.ints([0, 1])]);
  const resized = emitter.shared('Resize', [image, '', '', emitter.sides([1, 1, to, from])], {
    mode: 'linear',
    coordinate_transformation_mode: alignment === 'corners' ? 'align_corners' : 'half_pixel',
  });
  const rows = emitter.shared('Squeeze', [resized, emitter.ints([0, 1])]);
  const beyond = Math.floor(count / 2);
  if (beyond === 0) return rows;
  const padded = emitter.shared('Pad', [rows, emitter.ints([beyond, 0, beyond, 0])]);
  const moved = Array.from({ length: count }, (_, k) => {
    const end = k === count - 1 ? Number.MAX_SAFE_INTEGER : k + 1 - count;
    return emitter.shared('Slice', [padded, emitter.ints([k]), emitter.ints([end]), emitter.ints([0])]);
  });
  return emitter.shared('Concat', moved, { axis: 1 });
}
