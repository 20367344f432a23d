import { describe, expect, test } from 'vitest';
import { checkOperator, type Operand } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { gradients } from '../autodiff.js';
import { input, symbol, type Tensor } from '../graph/index.js';
import { interpret } from '../interpret.js';
import {
  abs,
  clip,
  exp,
  heaviside,
  inverseSqrt,
  log,
  maximum,
  minimum,
  relu,
  relu6,
  sigmoid,
  sqrt,
  square,
} from './functions.js';
import { sum } from './reductions.js';

const positive = (x: number) => x + 1.5;
const unary: [name: string, build: (x: Tensor) => Tensor, map?: (x: number) => number][] = [
  ['exp', exp, (x) => 5 * x],
  ['log', log, positive],
  ['sqrt', sqrt, positive],
  ['sigmoid', sigmoid, (x) => 8 * x],
  ['sigmoid', sigmoid, (x) => 80 * x],
  ['square', square],
  ['abs', abs],
  ['inverseSqrt', (x) => inverseSqrt(x), positive],
  ['inverseSqrt with ε', (x) => inverseSqrt(x, 0.1), positive],
  ['clip', (x) => clip(x, -0.3, 0.6)],
  ['clip from one side', (x) => clip(x, 0.2, Number.POSITIVE_INFINITY)],
];

describe.each(unary)('%s', (_, build, map) => {
  test.each([[[2, 3, 5]], [[7]], [[]]])('%j', async (shape) => {
    await checkOperator(build, [{ shape, ...(map && { map }) }], { gradientTolerance: 1e-5 });
  });
});

test('free sides', async () => {
  const x = input('x', [1, 2, symbol('H'), symbol('W')]);
  const y = sigmoid(clip(exp(x), 0.5, 2));
  expect(y.shape).toEqual(x.shape);
  await runFree(y, x, [1, 2, 3, 5]);
});

describe.each([
  ['maximum', maximum],
  ['minimum', minimum],
] as const)('%s', (_, build) => {
  test.each([
    [
      [3, 5],
      [3, 5],
    ],
    [
      [2, 3, 5],
      [3, 1],
    ],
    [
      [3, 1],
      [2, 3, 5],
    ],
    [[3], []],
  ])('%j and %j', async (a, b) => {
    await checkOperator((x, y) => build(x, y), [{ shape: a }, { shape: b }]);
  });

  test('equal operands share the gradient', async () => {
    // max(x, x) = x, so that the halves have to add up to 1
    await checkOperator((x) => build(x, x), [{ shape: [3, 5] }]);
  });
});

test('an error names the operator, what was expected and what came', () => {
  expect(() => clip(input('x', [2]), 1, 0)).toThrow('clip: expected min ≤ max, received 1 and 0.');
  expect(() => exp(input('x', [2], 'int32'))).toThrow(
    'exp: expected an operand of type float32, received int32 [2].',
  );
  expect(() => maximum(input('a', [2]), input('b', [3]))).toThrow(/maximum: .*broadcast/);
});

describe.each([
  ['relu', relu],
  ['relu6', relu6],
] as const)('%s', (_, build) => {
  test.each([[[2, 3, 5, 7]], [[3]], [[]]])('%j', async (shape) => {
    await checkOperator(build, [{ shape, map: (x) => 9 * x }]);
  });
});

/** The gradient by x of Σ f(x) at each of the points, in float64 and in ONNX Runtime. */
async function slopes(f: (x: Tensor) => Tensor, points: number[]): Promise<[number[], number[]]> {
  const x = input('x', [points.length]);
  const gradient = gradients(sum(f(x)), [x]).get(x)!;
  const data = Float32Array.from(points);
  const shape = [points.length];
  const [exact] = interpret([gradient], new Map([[x, { shape, data: Float64Array.from(data) }]]));
  const float32 = await runOnnx({ gradient }, { x: { dtype: 'float32', shape, data } });
  return [[...exact!.data], Array.from(float32.gradient!.data, Number)];
}

const justBelow6 = 6 - 2 ** -21;
test.each<[name: string, f: (x: Tensor) => Tensor, points: number[], expected: number[]]>([
  ['relu', relu, [-1, -1e-20, 0, 1e-20, 1, 1e30], [0, 0, 0, 1, 1, 1]],
  ['relu6', relu6, [-1, 0, 1e-20, 3, justBelow6, 6, 7, 1e30], [0, 0, 1, 1, 1, 0, 0, 0]],
  ['abs', abs, [-1, -1e-20, 0, 1e-20, 1], [-1, -1, 0, 1, 1]],
  ['clip', (x) => clip(x, -2, 6), [-3, -2, 0, justBelow6, 6, 7], [0, 1, 1, 1, 1, 0]],
  [
    'clip far from the origin',
    (x) => clip(x, 1e9, 3e9),
    [0, 9.9e8, 1e9, 2e9, 3e9, 3.1e9],
    [0, 0, 1, 1, 1, 0],
  ],
])('the gradient of %s on and beside its kinks', async (_, f, points, expected) => {
  const [exact, float32] = await slopes(f, points);
  expect(exact).toEqual(expected.map((value) => value + 0));
  expect(float32).toEqual(expected);
});

describe('heaviside', () => {
  const around = (threshold: number): Operand => ({
    shape: [5],
    data: [threshold - 1, threshold - 1e-3, threshold, threshold + 1e-3, threshold + 1].map(Math.fround),
  });
  const exactly = { valuesOnly: true, onnxTolerance: 0 };

  test.each([0, 6, -0.5, 300])('at %d, either way, with any value on it', async (threshold) => {
    for (const direction of [1, -1] as const) {
      for (const at of [0, 0.5, 1]) {
        await checkOperator((x) => heaviside(x, threshold, direction, at), [around(threshold)], exactly);
      }
    }
  });

  test('at a threshold whose multiple by the slope float32 cannot hold', async () => {
    await checkOperator((x) => heaviside(x, 1e9), [{ shape: [3], data: [0, 5e8, 2e9] }], exactly);
  });
});
