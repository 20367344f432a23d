import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { roundHalfToEven } from '../../base/arrays.js';
import { gradients } from '../autodiff.js';
import { constant, input, symbol } from '../graph/index.js';
import { dequantizeLinear, quantizeLinear } from './quantization.js';
import { sum } from './reductions.js';

const exactly = { valuesOnly: true, onnxTolerance: 0 };

test('quantizeLinear rounds halves to even and ends at the limits of its type', async () => {
  const data = [-3, -1.25, -0.75, -0.25, 0, 0.25, 0.75, 1.25, 200, -200];
  for (const [dtype, zeroPoint] of [
    ['uint8', 0],
    ['uint8', 131],
    ['int8', -7],
  ] as const)
    await checkOperator(
      (x) => quantizeLinear(x, { scale: 0.5, zeroPoint, dtype }),
      [{ shape: [2, 5], data }],
      exactly,
    );
  expect([-1.5, -0.5, 0.5, 1.5, 2.5, 2.4].map(roundHalfToEven)).toEqual([-2, 0, 0, 2, 2, 2]);
});

describe('dequantizeLinear', () => {
  test.each(['uint8', 'int8', 'int32'] as const)('%s, one scale and one for each index', async (dtype) => {
    const data = [1, 2, 3, 4, 5, 100];
    const zeroPoint = dtype === 'int32' ? 0 : 3;
    const operand = { shape: [2, 3], dtype, data };
    await checkOperator((x) => dequantizeLinear(x, 0.25, { zeroPoint }), [operand], exactly);
    await checkOperator((x) => dequantizeLinear(x, [0.25, 2], { zeroPoint }), [operand], exactly);
    await checkOperator(
      (x) => dequantizeLinear(x, [0.25, 2, 8], { zeroPoint, axis: -1 }),
      [operand],
      exactly,
    );
  });

  test('free sides', async () => {
    const x = input('x', [1, symbol('H')]);
    const q = quantizeLinear(x, { scale: 0.01, zeroPoint: 100, dtype: 'uint8' });
    expect(q).toMatchObject({ shape: x.shape, dtype: 'uint8' });
    await runFree(dequantizeLinear(q, 0.01, { zeroPoint: 100 }), x, [1, 7]);
  });
});

test('no gradient passes integers', () => {
  const x = input('x', [3]);
  const y = dequantizeLinear(quantizeLinear(x, { scale: 1, zeroPoint: 0, dtype: 'int8' }), 1);
  expect(gradients(sum(y), [x]).size).toBe(0);
});

test.each<[string, () => unknown, string]>([
  [
    'a scale',
    () => quantizeLinear(input('x', [1]), { scale: 0, zeroPoint: 0, dtype: 'int8' }),
    'a scale above 0',
  ],
  [
    'a zero point',
    () => quantizeLinear(input('x', [1]), { scale: 1, zeroPoint: -1, dtype: 'uint8' }),
    'uint8 can hold',
  ],
  [
    'integers',
    () => quantizeLinear(constant([1], [1], 'int32'), { scale: 1, zeroPoint: 0, dtype: 'int8' }),
    'float32',
  ],
  ['floats', () => dequantizeLinear(input('x', [1]), 1), 'uint8 or int8 or int32'],
  [
    'two scales for three',
    () => dequantizeLinear(constant([1, 2, 3], [3], 'int8'), [1, 2]),
    '2 indices along axis 0',
  ],
  [
    'a zero point of int32',
    () => dequantizeLinear(constant([1], [1], 'int32'), 1, { zeroPoint: 1 }),
    'from 0 to 0',
  ],
])('%s is refused', (_, call, message) => {
  expect(call).toThrow(message);
});
