import { apply, expectNumbers, shapeError, type Tensor } from '../graph/index.js';
import { add, div, mul, type Operand, sub } from './arithmetic.js';
import { elementwise, oneNode } from './elementwise.js';

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

// Both gradients are computed from the result, so the backward pass does not need the operand.

const reluOperator = elementwise({
  name: 'relu',
  half: true,
  compute: ([x]) => Math.max(x!, 0),
  gradient: (g, y) => [mul(g, heaviside(y, 0))],
  onnx: oneNode('Relu'),
});

const relu6Operator = elementwise({
  name: 'relu6',
  half: true,
  compute: ([x]) => Math.min(Math.max(x!, 0), 6),
  gradient: (g, y) => [mul(g, mul(heaviside(y, 0), heaviside(y, 6, -1)))],
  onnx(emitter, [x], { dtype }) {
    const bound = (value: number) =>
      dtype === 'float16' ? emitter.cast(emitter.float(value), dtype) : emitter.float(value);
    return emitter.node('Clip', [x!, bound(0), bound(6)]);
  },
});

/** max(x, 0); no gradient passes at 0. */
export function relu(x: Tensor): Tensor {
  return apply(reluOperator, [x], undefined);
}

/** min(max(x, 0), 6), MobileNet's activation; no gradient passes at 0 and 6. */
export function relu6(x: Tensor): Tensor {
  return apply(relu6Operator, [x], undefined);
}

interface HeavisideAttributes {
  readonly threshold: number;
  readonly direction: 1 | -1;
  readonly at: number;
}

/**
 * A power of two, so that multiplying by it is exact. It is large enough to scale every relevant float32 difference to more
 * than 1.
 */
const STEEP = 2 ** 100;

/** Up to this threshold, float32 can hold threshold · slope. */
const FARTHEST = 2 ** 27;

const heavisideOperator = elementwise<HeavisideAttributes>({
  name: 'heaviside',
  compute: ([x], { threshold, direction, at }) =>
    x === threshold ? at : (x! - threshold) * direction > 0 ? 1 : 0,
  gradient: 'none',
  // A HardSigmoid, max(0, min(1, αx + β)), of huge slope: several times faster on ONNX Runtime's CPU than
  // comparing, casting or Where.
  onnx(emitter, [x], { attributes: { threshold, direction, at } }) {
    const slope = direction * STEEP;
    // β would be too large for `at` to count in it, or for float32.
    const absorbed = threshold !== 0 && (at !== 0 || Math.abs(threshold) > FARTHEST);
    const shifted = absorbed ? emitter.shared('Sub', [x!, emitter.float(threshold)]) : x!;
    const beta = absorbed || threshold === 0 ? at : -slope * threshold;
    return emitter.node('HardSigmoid', [shifted], { alpha: { float: slope }, beta: { float: beta } });
  },
});

/**
 * 1 where x lies beyond the threshold in the given direction, 0 where it lies before it, and `at` where it equals it. Gradients
 * of piecewise linear functions use it as a mask. No gradient passes through it.
 */
export function heaviside(x: Tensor, threshold: number, direction: 1 | -1 = 1, at = 0): Tensor {
  return apply(heavisideOperator, [x], { threshold, direction, at });
}
