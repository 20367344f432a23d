import {
  apply,
  expectDType,
  expectTensor,
  type OnnxEmitter,
  type Operator,
  resolveAxis,
  type Tensor,
  type Value,
} from '../graph/index.js';
import { mul, sub } from './arithmetic.js';
import { exp } from './functions.js';
import { sum } from './reductions.js';

// ONNX Runtime's own Softmax and LogSoftmax move the axis to the end and back: over the channels of an image they
// take eight times the CPU time of the nodes below.

interface AxisAttribute {
  /** Counted from the front. */
  readonly axis: number;
}

const softmaxOperator: Operator<AxisAttribute> = {
  name: 'softmax',
  shape([x]) {
    expectDType('softmax', 'an operand', x!, 'float32');
    return x!;
  },
  reference: ([x], { axis }) =>
    overAxis(x!, axis, (scores) => {
      const powers = exponentials(scores);
      const total = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / total);
    }),
  // ∂x = y·(g − Σ g·y)
  gradient: (g, y) => [mul(y, sub(g, sum(mul(g, y), [y.attributes.axis])))],
  onnx(emitter, [x], { attributes: { axis } }) {
    const { powers, total } = emitExponentials(emitter, x!, axis);
    return emitter.node('Div', [powers, total]);
  },
};

const logSoftmaxOperator: Operator<AxisAttribute> = {
  name: 'logSoftmax',
  shape([x]) {
    expectDType('logSoftmax', 'an operand', x!, 'float32');
    return x!;
  },
  reference: ([x], { axis }) =>
    overAxis(x!, axis, (scores) => {
      const largest = Math.max(...scores);
      const logTotal = Math.log(exponentials(scores).reduce((a, b) => a + b, 0));
      return scores.map((score) => score - largest - logTotal);
    }),
  // ∂x = g − eʸ·Σg
  gradient: (g, y) => [sub(g, mul(exp(y), sum(g, [y.attributes.axis])))],
  onnx(emitter, [x], { attributes: { axis } }) {
    // Subtracting max + log in one go would lose the digits of a confident prediction's small loss.
    const { shifted, total } = emitExponentials(emitter, x!, axis);
    return emitter.node('Sub', [shifted, emitter.node('Log', [total])]);
  },
};

/** e^(x − max) over the axis, which never overflows, and its sum. */
function emitExponentials(emitter: OnnxEmitter, x: string, axis: number) {
  const axes = emitter.ints([axis]);
  const largest = emitter.shared('ReduceMax', [x, axes], { keepdims: 1 });
  const shifted = emitter.shared('Sub', [x, largest]);
  const powers = emitter.shared('Exp', [shifted]);
  const total = emitter.shared('ReduceSum', [powers, axes], { keepdims: 1 });
  return { shifted, powers, total };
}

function exponentials(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  return scores.map((score) => Math.exp(score - largest));
}

/** Replaces each run of elements along the axis by a function of it. */
function overAxis({ shape, data }: Value, axis: number, compute: (run: number[]) => number[]): Float64Array {
  const side = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const result = new Float64Array(data.length);
  for (let i = 0; i < data.length / side; i++) {
    const first = Math.floor(i / inner) * inner * side + (i % inner);
    const run = Array.from({ length: side }, (_, k) => data[first + k * inner]!);
    compute(run).forEach((value, k) => {
      result[first + k * inner] = value;
    });
  }
  return result;
}

/** eˣ / Σ eˣ over an axis. Default axis: 1, the channels of an image. */
export function softmax(x: Tensor, axis = 1): Tensor {
  expectTensor('softmax', x);
  return apply(softmaxOperator, [x], { axis: resolveAxis('softmax', axis, x.shape.length) });
}

/** x − log Σ eˣ over an axis. Default axis: 1, the channels of an image. */
export function logSoftmax(x: Tensor, axis = 1): Tensor {
  expectTensor('logSoftmax', x);
  return apply(logSoftmaxOperator, [x], { axis: resolveAxis('logSoftmax', axis, x.shape.length) });
}
