import { expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { gradients } from '../autodiff.js';
import { input, symbol } from '../graph/index.js';
import { mul } from './arithmetic.js';
import { cast, stopGradient } from './conversion.js';
import { sum } from './reductions.js';

const exactly = { valuesOnly: true, onnxTolerance: 0 };

test.each(['uint8', 'int8', 'int32', 'int64', 'bool'] as const)('cast from and to %s', async (dtype) => {
  const largest = dtype === 'int8' ? 127 : 255;
  const integers = dtype === 'bool' ? [0, 1, 1, 0, 1, 0] : [0, 1, 7, 19, 100, largest];
  const operand = { shape: [2, 3], dtype, data: integers };
  await checkOperator((x) => cast(x, 'float32'), [operand], exactly);
  await checkOperator(
    (x) => cast(x, dtype),
    [{ shape: [2, 3], data: [0, 0.4, 1, 1.9, 100.5, largest] }],
    exactly,
  );
});

test('fractions are cut off towards zero', async () => {
  await checkOperator((x) => cast(x, 'int32'), [{ shape: [4], data: [-1.9, -0.5, 0.5, 1.9] }], exactly);
});

test('a type that x has already is x itself', () => {
  const x = input('x', [2], 'uint8');
  expect(cast(x, 'uint8')).toBe(x);
});

test('free sides', async () => {
  const x = input('x', [1, symbol('H')]);
  expect(cast(x, 'int64')).toMatchObject({ shape: x.shape, dtype: 'int64' });
  await runFree(cast(x, 'int32'), x, [1, 5]);
});

test('no gradient passes integers', () => {
  const x = input('x', [3]);
  expect(gradients(sum(cast(cast(x, 'int32'), 'float32')), [x]).size).toBe(0);
});

test('stopGradient is x, and a constant to differentiation', async () => {
  await checkOperator((x) => stopGradient(x), [{ shape: [2, 3] }], { ...exactly });
  const x = input('x', [3]);
  expect(gradients(sum(stopGradient(x)), [x]).size).toBe(0);
  expect(gradients(sum(mul(x, stopGradient(x))), [x]).size).toBe(1);
});
