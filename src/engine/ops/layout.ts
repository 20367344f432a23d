import {
  apply,
  broadcastShapes,
  type Dim,
  describe,
  dimText,
  equalShapes,
  expectNumbers,
  expectShape,
  expectTensor,
  type Operator,
  product,
  shapeError,
  shapeText,
  type Tensor,
} from '../graph/index.js';
import { broadcastIndices } from './elementwise.js';

const reshapeOperator: Operator<{ readonly shape: readonly Dim[] }> = {
  name: 'reshape',
  shape([x], { shape }) {
    if (dimText(product(x!.shape)) !== dimText(product(shape))) {
      shapeError('reshape', `as many elements as ${describe(x!)} holds`, shapeText(shape));
    }
    return { shape, dtype: x!.dtype };
  },
  reference: ([x]) => x!.data,
  gradient: (g, { inputs: [x] }) => [reshape(g, x!.shape)],
  onnx: (emitter, [x], { shape }) => emitter.node('Reshape', [x!, emitter.sides(shape)]),
};

const expandOperator: Operator<{ readonly shape: readonly Dim[] }> = {
  name: 'expand',
  shape([x], { shape }) {
    if (!equalShapes(broadcastShapes('expand', x!.shape, shape), shape)) {
      shapeError('expand', `a shape that ${describe(x!)} broadcasts to`, shapeText(shape));
    }
    return { shape, dtype: x!.dtype };
  },
  reference: ([x], _, output) => Float64Array.from(broadcastIndices(x!, output), (i) => x!.data[i]!),
  gradient: (g) => [g], // the walk sums it back over the broadcast axes
  onnx: (emitter, [x], { shape }) => emitter.node('Expand', [x!, emitter.sides(shape)]),
};

const transposeOperator: Operator<{ readonly order: readonly number[] }> = {
  name: 'transpose',
  shape([x], { order }) {
    const sorted = [...order].sort((a, b) => a - b);
    if (order.length !== x!.shape.length || sorted.some((axis, i) => axis !== i)) {
      shapeError('transpose', `every axis of ${describe(x!)} once`, `[${order}]`);
    }
    return { shape: order.map((axis) => x!.shape[axis]!), dtype: x!.dtype };
  },
  reference([x], { order }, output) {
    const strides = x!.shape.map((_, axis) => x!.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const result = new Float64Array(x!.data.length);
    const position = new Array<number>(output.length).fill(0);
    for (let i = 0; i < result.length; i++) {
      result[i] = x!.data[position.reduce((sum, p, axis) => sum + p * strides[order[axis]!]!, 0)]!;
      for (let axis = output.length - 1; axis >= 0 && ++position[axis]! === output[axis]; axis--)
        position[axis] = 0;
    }
    return result;
  },
  gradient: (g, { attributes: { order } }) => [
    transpose(
      g,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  onnx: (emitter, [x], { attributes: { order } }) => emitter.node('Transpose', [x!], { perm: order }),
};

/** The same elements in row-major order under another shape. */
export function reshape(x: Tensor, shape: readonly Dim[]): Tensor {
  expectTensor('reshape', x);
  expectShape('reshape', shape);
  return equalShapes(x.shape, shape) ? x : apply(reshapeOperator, [x], { shape });
}

/** Repeats axes of size 1 (and missing leading axes) up to the shape. */
export function expand(x: Tensor, shape: readonly Dim[]): Tensor {
  expectTensor('expand', x);
  expectShape('expand', shape);
  return equalShapes(x.shape, shape) ? x : apply(expandOperator, [x], { shape });
}

/** Whether a tensor is the result of an {@link expand}. */
export function isExpand(tensor: Tensor): boolean {
  return tensor.operator === expandOperator;
}

/** Axes in another order: axis i of the result is axis `order[i]` of x. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  expectNumbers('transpose', 'an order of axes', order);
  return apply(transposeOperator, [x], { order });
}
