import type { DType } from '../../base/arrays.js';
import {
  apply,
  type Dim,
  expectDType,
  expectNumbers,
  expectTensor,
  type Operator,
  product,
  resolveAxis,
  staticSide,
  type Tensor,
} from '../graph/index.js';
import { div, mul, sub } from './arithmetic.js';
import { broadcastIndices } from './elementwise.js';
import { heaviside } from './functions.js';
import { expand, reshape } from './layout.js';

interface ReduceAttributes {
  /** Ascending, counted from the front. Reduced axes keep a side of 1. */
  readonly axes: readonly number[];
}

function reducedShape({ shape }: Tensor, axes: readonly number[]): Dim[] {
  return shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
}

/** A reduction that folds the elements of each group, keeping the reduced axes as sides of 1. */
function reduction(
  name: string,
  onnxOperator: string,
  dtypes: readonly DType[],
  fold: (group: number[]) => number,
  gradient: Operator<ReduceAttributes>['gradient'],
): Operator<ReduceAttributes> {
  return {
    name,
    shape([x], { axes }) {
      expectDType(name, 'an operand', x!, ...dtypes);
      return { shape: reducedShape(x!, axes), dtype: x!.dtype };
    },
    reference([x], _, output) {
      const groups: number[][] = Array.from({ length: output.reduce((a, b) => a * b, 1) }, () => []);
      const size = groups.length;
      const target = broadcastIndices(
        { shape: output, data: Float64Array.from({ length: size }, (_, i) => i) },
        x!.shape,
      );
      x!.data.forEach((value, i) => {
        groups[target[i]!]!.push(value);
      });
      return Float64Array.from(groups, fold);
    },
    gradient,
    onnx: (emitter, [x], { attributes: { axes } }) =>
      emitter.node(onnxOperator, [x!, emitter.ints(axes)], { keepdims: 1 }),
  };
}

const sumOperator = reduction(
  'sum',
  'ReduceSum',
  ['float32', 'int32', 'int64'],
  (group) => group.reduce((a, b) => a + b, 0),
  (g, { inputs: [x] }) => [expand(g, x!.shape)],
);

const meanOperator = reduction(
  'mean',
  'ReduceMean',
  ['float32'],
  (group) => group.reduce((a, b) => a + b, 0) / group.length,
  (g, { inputs: [x], attributes: { axes } }) => {
    const count = staticSide(
      'mean',
      'a count of reduced elements',
      product(axes.map((axis) => x!.shape[axis]!)),
    );
    return [expand(div(g, count), x!.shape)];
  },
);

/** Equal largest elements share the gradient equally, which makes it a subgradient. */
const maxOperator = reduction(
  'max',
  'ReduceMax',
  ['float32', 'int32', 'int64'],
  (group) => group.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  (g, result) => {
    const { axes } = result.attributes;
    const largest = heaviside(sub(result.inputs[0]!, result), 0, 1, 1);
    return [mul(largest, div(g, sum(largest, axes)))];
  },
);

const sumOfSquaresOperator = reduction(
  'sumOfSquares',
  'ReduceSumSquare',
  ['float32'],
  (group) => group.reduce((a, b) => a + b * b, 0),
  (g, { inputs: [x] }) => [mul(mul(x!, 2), g)],
);

export interface ReduceOptions {
  /** Keep each reduced axis as a side of 1 (the default), or drop it. */
  readonly keepAxes?: boolean;
}

function reduce(
  operator: Operator<ReduceAttributes>,
  x: Tensor,
  axes: readonly number[] | undefined,
  options: ReduceOptions,
): Tensor {
  const { keepAxes = true } = options ?? {};
  expectTensor(operator.name, x);
  if (axes !== undefined) expectNumbers(operator.name, 'a list of axes', axes);
  const rank = x.shape.length;
  const resolved =
    axes === undefined ? x.shape.map((_, i) => i) : axes.map((a) => resolveAxis(operator.name, a, rank));
  const sorted = [...new Set(resolved)].sort((a, b) => a - b);
  if (sorted.length === 0) return operator === sumOfSquaresOperator ? mul(x, x) : x;
  const result = apply(operator, [x], { axes: sorted });
  return keepAxes
    ? result
    : reshape(
        result,
        x.shape.filter((_, axis) => !sorted.includes(axis)),
      );
}

/** The sum over the given axes; default: all. */
export function sum(x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce(sumOperator, x, axes, options);
}

/** The arithmetic mean over the given axes; default: all. Its gradient needs sides that are numbers. */
export function mean(x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce(meanOperator, x, axes, options);
}

/** The largest element over the given axes; default: all. Equal largest elements share the gradient. */
export function max(x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce(maxOperator, x, axes, options);
}

/** The sum of squares over the given axes; default: all. */
export function sumOfSquares(x: Tensor, axes?: readonly number[], options: ReduceOptions = {}): Tensor {
  return reduce(sumOfSquaresOperator, x, axes, options);
}
