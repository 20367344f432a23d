import {
  apply,
  broadcastShapes,
  type Dim,
  describe,
  equalDims,
  expectDType,
  type OnnxEmitter,
  type Operator,
  shapeError,
  type Tensor,
} from '../graph/index.js';
import { broadcastIndices } from './elementwise.js';

interface MatmulAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** [rows, columns] of the last two axes, after the transpose. */
function matrixSides<D>(shape: readonly D[], transpose: boolean): readonly [rows: D, columns: D] {
  const [first, second] = [shape.at(-2)!, shape.at(-1)!];
  return transpose ? [second, first] : [first, second];
}

const matmulOperator: Operator<MatmulAttributes> = {
  name: 'matmul',
  shape([a, b], { transposeA, transposeB }) {
    for (const operand of [a!, b!]) {
      expectDType('matmul', 'an operand', operand, 'float32');
      if (operand.shape.length < 2) shapeError('matmul', 'operands of rank 2 or more', describe(operand));
    }
    const [rows, inner] = matrixSides(a!.shape, transposeA);
    const [sameInner, columns] = matrixSides(b!.shape, transposeB);
    if (!equalDims(inner, sameInner)) {
      shapeError(
        'matmul',
        'equal inner sides',
        `${describe(a!)}${transposeA ? ' transposed' : ''} and ${describe(b!)}${transposeB ? ' transposed' : ''}`,
      );
    }
    const batch: Dim[] = broadcastShapes('matmul', a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    return { shape: [...batch, rows, columns], dtype: 'float32' };
  },
  reference([a, b], { transposeA, transposeB }, output) {
    const [rows, inner] = matrixSides(a!.shape, transposeA);
    const [, columns] = matrixSides(b!.shape, transposeB);
    const batch = output.slice(0, -2);
    const indexed = (value: { shape: readonly number[] }) =>
      broadcastIndices({ shape: value.shape.slice(0, -2), data: new Float64Array() }, batch);
    const [indexA, indexB] = [indexed(a!), indexed(b!)];
    const result = new Float64Array(output.reduce((x, y) => x * y, 1));
    for (let n = 0, at = 0; n < indexA.length; n++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++, at++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) {
            const left = indexA[n]! * rows * inner + (transposeA ? k * rows + i : i * inner + k);
            const right = indexB[n]! * inner * columns + (transposeB ? j * inner + k : k * columns + j);
            sum += a!.data[left]! * b!.data[right]!;
          }
          result[at] = sum;
        }
      }
    }
    return result;
  },
  // C = AB: ∂A = G·Bᵀ, ∂B = Aᵀ·G, each transposed where the operand was.
  gradient(g, { inputs: [a, b], attributes: { transposeA, transposeB } }, [first, second]) {
    const gradientA = () =>
      transposeA ? matmul(b!, g, transposeB, true) : matmul(g, b!, false, !transposeB);
    const gradientB = () =>
      transposeB ? matmul(g, a!, true, transposeA) : matmul(a!, g, !transposeA, false);
    return [first ? gradientA() : null, second ? gradientB() : null];
  },
  onnx(emitter, [a, b], { inputs: [left, right], attributes: { transposeA, transposeB } }) {
    return emitMatrixProduct(
      emitter,
      { name: a!, rank: left!.shape.length, transposed: transposeA },
      { name: b!, rank: right!.shape.length, transposed: transposeB },
    );
  },
};

/** The matrix product over the last two axes, each optionally transposed; leading axes broadcast. */
export function matmul(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  return apply(matmulOperator, [a, b], { transposeA, transposeB });
}

/** Whether a tensor is the result of {@link matmul}. */
export function isMatmul(tensor: Tensor): boolean {
  return tensor.operator === matmulOperator;
}

/**
 * A matrix product over the last two axes, with either operand (of the given rank) transposed, in operators that
 * every device has. On the CPU, ONNX Runtime itself fuses Transpose and MatMul into FusedMatMul. Do not emit FusedMatMul:
 * WebGPU has no kernel for it, so ONNX Runtime would run it on the CPU, with a copy each way.
 */
export function emitMatrixProduct(
  emitter: OnnxEmitter,
  a: { readonly name: string; readonly rank: number; readonly transposed: boolean },
  b: { readonly name: string; readonly rank: number; readonly transposed: boolean },
): string {
  const operand = ({ name, rank, transposed }: typeof a) => {
    if (!transposed) return name;
    const axes = Array.from({ length: rank }, (_, axis) => axis);
    return emitter.shared('Transpose', [name], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
  };
  return emitter.node('MatMul', [operand(a), operand(b)]);
}
