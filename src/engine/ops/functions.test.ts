import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { input, symbol, type Tensor } from '../graph/index.js';
import { abs, clip, exp, inverseSqrt, log, maximum, minimum, sigmoid, sqrt, square } from './functions.js';

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
