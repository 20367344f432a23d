import { apply, broadcastShapes, expectDType, type Operator, scalar, type Tensor } from '../graph/index.js';
import { broadcastIndices, elementwise } from './elementwise.js';

/** The largest float32. */
const LARGEST = 2 ** 128 - 2 ** 104;

const finiteOperator = elementwise({
  name: 'finite',
  compute: ([x]) => (Number.isFinite(x!) ? 1 : 0),
  gradient: 'none',
  // NaN fails the comparison, as infinity does. Testing x − x = 0 would not work: a GPU's compiler may assume it holds.
  onnx(emitter, [x]) {
    const within = emitter.node('LessOrEqual', [emitter.node('Abs', [x!]), emitter.float(LARGEST)]);
    return emitter.cast(within, 'float32');
  },
});

const whereOperator: Operator<undefined> = {
  name: 'where',
  shape(inputs) {
    for (const operand of inputs) expectDType('where', 'an operand', operand, 'float32');
    return { shape: broadcastShapes('where', ...inputs.map(({ shape }) => shape)), dtype: 'float32' };
  },
  reference([condition, a, b], _, output) {
    const [c, x, y] = [condition!, a!, b!].map((operand) => {
      const indices = broadcastIndices(operand, output);
      return (i: number) => operand.data[indices[i]!]!;
    }) as [(i: number) => number, (i: number) => number, (i: number) => number];
    const count = output.reduce((product, side) => product * side, 1);
    return Float64Array.from({ length: count }, (_, i) => (c(i) !== 0 ? x(i) : y(i)));
  },
  gradient: (g, { inputs: [condition] }) => [
    null,
    where(condition!, g, scalar(0)),
    where(condition!, scalar(0), g),
  ],
  onnx: (emitter, [condition, a, b]) => emitter.node('Where', [emitter.cast(condition!, 'bool'), a!, b!]),
};

/** 1 for numbers, 0 for infinities and NaN. No gradient passes. */
export function finite(x: Tensor): Tensor {
  return apply(finiteOperator, [x], undefined);
}

/**
 * `a` where the condition is not 0, `b` elsewhere, broadcasting. Unlike a product with a mask, a NaN in the operand that is not
 * chosen does not reach the result. For large tensors a {@link heaviside} is faster, unless the condition is a scalar.
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  return apply(whereOperator, [condition, a, b], undefined);
}
