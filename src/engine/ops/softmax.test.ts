import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { input, symbol } from '../graph/index.js';
import { slice } from './slicing.js';
import { logSoftmax, softmax } from './softmax.js';

describe.each([
  ['softmax', softmax],
  ['logSoftmax', logSoftmax],
] as const)('%s', (name, build) => {
  test.each([
    ['channels of an image', [2, 5, 3, 7], 1],
    ['the last axis', [3, 4, 5], -1],
    ['the first axis', [5, 3], 0],
    ['one class', [2, 1, 3, 3], 1],
    ['a vector', [7], 0],
  ])('%s', async (_, shape, axis) => {
    await checkOperator((x) => build(x, axis), [{ shape }]);
  });

  test('scores far from zero neither overflow nor vanish', async () => {
    await checkOperator((x) => build(x), [{ shape: [2, 3, 2, 3], map: (x) => 500 + 90 * x }]);
    await checkOperator((x) => build(x), [{ shape: [2, 3, 2, 3], map: (x) => -500 + x }], {
      gradientTolerance: 1e-5, // steps of 1e-6 beside 500
      onnxTolerance: 1e-4, // float32 holds 500 + x to 3e-5
    });
  });

  test('free sides', async () => {
    const x = input('x', [1, 3, symbol('H'), symbol('W')]);
    const y = build(x);
    expect(y.shape).toEqual(x.shape);
    await runFree(y, x, [1, 3, 5, 7]);
  });

  test('an error names the operator, what was expected and what came', () => {
    expect(() => build(input('x', [2, 3, 4, 5]), 4)).toThrow(
      `${name}: expected an axis from -4 to 3, received 4.`,
    );
    expect(() => build(input('x', [2, 3], 'int64'))).toThrow(/float32/);
  });
});

test('the loss of a confident prediction keeps its digits beside large scores', async () => {
  // log(1 + e⁻¹⁰) = 4.5e-5, of which float32's 1 + e⁻¹⁰ keeps three digits; 1000 + 4.5e-5 would keep none.
  await checkOperator((x) => slice(logSoftmax(x, 0), 0, 0, 1), [{ shape: [2], data: [1000, 990] }], {
    onnxTolerance: 2e-3,
  });
});
