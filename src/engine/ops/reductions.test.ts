import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { gradients } from '../autodiff.js';
import { input, symbol } from '../graph/index.js';
import { max, mean, sum, sumOfSquares } from './reductions.js';
import { concat } from './slicing.js';

const reductions = { sum, mean, max, sumOfSquares } as const;

describe.each(Object.entries(reductions))('%s', (name, build) => {
  test.each<[shape: readonly number[], axes: readonly number[] | undefined]>([
    [[2, 3, 5], undefined],
    [[2, 3, 5], [1]],
    [
      [2, 3, 5, 7],
      [0, 2, 3],
    ],
    [
      [2, 3, 5],
      [-1, 0],
    ],
    [[3, 5], []],
    [[3, 1, 5], [1]],
    [[], undefined],
  ])('%j over %j', async (shape, axes) => {
    await checkOperator((x) => build(x, axes), [{ shape }]);
    await checkOperator((x) => build(x, axes, { keepAxes: false }), [{ shape }]);
  });

  test('keeps or drops the axes', () => {
    const x = input('x', [2, 3, 5]);
    expect(build(x, [0, -1]).shape).toEqual([1, 3, 1]);
    expect(build(x, [0, -1], { keepAxes: false }).shape).toEqual([3]);
    expect(build(x, undefined, { keepAxes: false }).shape).toEqual([]);
  });

  test('free sides', async () => {
    const x = input('x', [1, 3, symbol('H'), symbol('W')]);
    expect(build(x, [2], { keepAxes: false }).shape).toEqual([1, 3, symbol('W')]);
    await runFree(build(x, [2], { keepAxes: false }), x, [1, 3, 4, 5]);
    await runFree(build(x), x, [1, 3, 4, 5]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => build(input('x', [2, 3]), [2])).toThrow(
      `${name}: expected an axis from -2 to 1, received 2.`,
    );
    expect(() => build(input('x', [2, 3], 'uint8'))).toThrow(/uint8 \[2, 3\]/);
  });
});

test('sums and maxima of integers', async () => {
  for (const dtype of ['int32', 'int64'] as const) {
    const counts = { shape: [2, 3], dtype, data: [1, 2, 3, 4, 5, 2000000] };
    await checkOperator((x) => sum(x, [1]), [counts], { valuesOnly: true, onnxTolerance: 0 });
    await checkOperator((x) => max(x, [1]), [counts], { valuesOnly: true, onnxTolerance: 0 });
  }
});

test('equal largest elements share the gradient', async () => {
  // max(x, x) = x over a doubled axis: the shares have to add up to 1
  await checkOperator((x) => max(concat([x, x, x], 0), [0]), [{ shape: [1, 5] }]);
});

test("a mean's gradient over a free side says so", () => {
  const x = input('x', [symbol('H')]);
  expect(() => gradients(mean(x), [x])).toThrow(/mean: .*H/);
});
