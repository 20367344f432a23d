import {
  apply,
  expectDType,
  expectTensor,
  type Operator,
  resolveAxis,
  type Tensor,
} from '../../graph/index.js';

const argmaxOperator: Operator<{ readonly axis: number }> = {
  name: 'argmax',
  shape([x], { axis }) {
    expectDType('argmax', 'an operand', x!, 'float32');
    return { shape: x!.shape.toSpliced(axis, 1), dtype: 'int64' };
  },
  reference([x], { axis }, output) {
    const side = x!.shape[axis]!;
    const inner = x!.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return Float64Array.from({ length: output.reduce((a, b) => a * b, 1) }, (_, i) => {
      const first = Math.floor(i / inner) * inner * side + (i % inner);
      let best = 0;
      for (let k = 1; k < side; k++) {
        if (x!.data[first + k * inner]! > x!.data[first + best * inner]!) best = k;
      }
      return best;
    });
  },
  gradient: 'none',
  onnx: (emitter, [x], { attributes: { axis } }) =>
    emitter.node('ArgMax', [x!], { axis, keepdims: 0, select_last_index: 0 }),
};

/**
 * The index of the largest element along an axis, which is dropped. From scores [N, C, H, W] it gives the classes as int64
 * [N, H, W]. Of equal elements the first wins.
 *
 * @throws HmsaError when x has no such axis
 */
export function argmax(x: Tensor, axis = 1): Tensor {
  expectTensor('argmax', x);
  return apply(argmaxOperator, [x], { axis: resolveAxis('argmax', axis, x.shape.length) });
}
