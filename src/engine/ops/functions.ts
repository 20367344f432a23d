import { apply, expectNumbers, shapeError, type Tensor } from '../graph/index.js';
import { add, div, mul, type Operand, sub } from './arithmetic.js';
import { elementwise, oneNode } from './elementwise.js';
import { heaviside } from './heaviside.js';

const expOperator = elementwise({
  name: 'exp',
  compute: ([x]) => Math.exp(x!),
  gradient: (g, y) => [mul(g, y)],
  onnx: oneNode('Exp'),
});

const logOperator = elementwise({
  name: 'log',
  compute: ([x]) => Math.log(x!),
  gradient: (g, { inputs: [x] }) => [div(g, x!)],
  onnx: oneNode('Log'),
});

const sqrtOperator = elementwise({
  name: 'sqrt',
  compute: ([x]) => Math.sqrt(x!),
  gradient: (g, y) => [div(g, mul(y, 2))],
  onnx: oneNode('Sqrt'),
});

const sigmoidOperator = elementwise({
  name: 'sigmoid',
  // One form for each sign, so that exp never overflows.
  compute: ([x]) => (x! >= 0 ? 1 / (1 + Math.exp(-x!)) : Math.exp(x!) / (1 + Math.exp(x!))),
  gradient: (g, y) => [mul(g, mul(y, sub(1, y)))],
  onnx: oneNode('Sigmoid'),
});

const absOperator = elementwise({
  name: 'abs',
  compute: ([x]) => Math.abs(x!),
  // sign(x) = 2·heaviside(x) − 1, 0 at 0
  gradient: (g, { inputs: [x] }) => [mul(g, sub(mul(heaviside(x!, 0, 1, 0.5), 2), 1))],
  onnx: oneNode('Abs'),
});

interface ClipAttributes {
  readonly min: number;
  readonly max: number;
}

const clipOperator = elementwise<ClipAttributes>({
  name: 'clip',
  compute: ([x], { min, max }) => Math.min(Math.max(x!, min), max),
  // 1 inside and on the bounds, 0 beyond them
  gradient: (g, { inputs: [x], attributes: { min, max } }) => [
    mul(g, mul(heaviside(x!, min, 1, 1), heaviside(x!, max, -1, 1))),
  ],
  onnx: (emitter, [x], { attributes: { min, max } }) =>
    emitter.node('Clip', [x!, emitter.float(min), emitter.float(max)]),
});

/** If both operands are equal, each gets half of the gradient. */
const maximumOperator = elementwise({
  name: 'maximum',
  compute: ([a, b]) => Math.max(a!, b!),
  gradient(g, { inputs: [a, b] }) {
    const first = heaviside(sub(a!, b!), 0, 1, 0.5);
    return [mul(g, first), mul(g, sub(1, first))];
  },
  onnx: oneNode('Max'),
});

export function exp(x: Tensor): Tensor {
  return apply(expOperator, [x], undefined);
}

/** The natural logarithm. */
export function log(x: Tensor): Tensor {
  return apply(logOperator, [x], undefined);
}

export function sqrt(x: Tensor): Tensor {
  return apply(sqrtOperator, [x], undefined);
}

/** 1 / (1 + e⁻ˣ). */
export function sigmoid(x: Tensor): Tensor {
  return apply(sigmoidOperator, [x], undefined);
}

export function abs(x: Tensor): Tensor {
  return apply(absOperator, [x], undefined);
}

export function square(x: Tensor): Tensor {
  return mul(x, x);
}

/** x limited to min … max; the gradient passes inside and on the bounds. */
export function clip(x: Tensor, min: number, max: number): Tensor {
  expectNumbers('clip', 'min and max as numbers', [min, max]);
  if (!(min <= max)) shapeError('clip', 'min ≤ max', `${min} and ${max}`);
  return apply(clipOperator, [x], { min, max });
}

/** The larger of two operands, element by element; equal ones share the gradient. */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return apply(maximumOperator, [a, b], undefined);
}

/** The smaller of two operands, element by element. Computed as −max(−a, −b), because a + b − max(a, b) loses digits. */
export function minimum(a: Tensor, b: Tensor): Tensor {
  return mul(maximum(mul(a, -1), mul(b, -1)), -1);
}

/** 1 / √(x + ε). */
export function inverseSqrt(x: Tensor, epsilon: Operand = 0): Tensor {
  return div(1, sqrt(add(x, epsilon)));
}
