import type { DType } from '../../base/arrays.js';
import { apply, expectKnownDType, expectTensor, type Operator, type Tensor } from '../graph/index.js';

const castOperator: Operator<{ readonly to: DType }> = {
  name: 'cast',
  shape: ([x], { to }) => ({ shape: x!.shape, dtype: to }),
  reference([x], { to }) {
    if (to === 'float32' || to === 'float16') return x!.data.slice();
    if (to === 'bool') return x!.data.map((value) => (value === 0 ? 0 : 1));
    return x!.data.map(Math.trunc);
  },
  gradient: (g, { inputs: [x] }) => [x!.dtype === 'float32' ? g : null],
  onnx: (emitter, [x], { attributes: { to } }) => emitter.cast(x!, to),
};

const stopGradientOperator: Operator<undefined> = {
  name: 'stopGradient',
  shape: ([x]) => x!,
  reference: ([x]) => x!.data,
  gradient: 'none',
  onnx: (_, [x]) => x!,
};

/** Converts values to another type. Conversion to an integer type truncates towards zero. */
export function cast(x: Tensor, to: DType): Tensor {
  expectTensor('cast', x);
  expectKnownDType('cast', to);
  return x.dtype === to ? x : apply(castOperator, [x], { to });
}

/** x itself, but no gradient passes to it. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOperator, [x], undefined);
}

/** Whether a tensor is the result of {@link stopGradient}. */
export function isStopGradient(tensor: Tensor): boolean {
  return tensor.operator === stopGradientOperator;
}
