import { expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32 } from '../../base/arrays.js';
import { input, scalar } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { finite, where } from './index.js';

test('where chooses element by element, and broadcasts', async () => {
  const condition = { shape: [2, 1, 3], data: [0, 1, 0, 1, 1, 0], constant: true };
  await checkOperator(where, [condition, { shape: [2, 4, 3] }, { shape: [3] }]);
  await checkOperator(where, [{ shape: [], data: [1], constant: true }, { shape: [5] }, { shape: [5] }]);
});

test('finite tells NaN and infinities from the largest numbers', async () => {
  const data = Float32Array.of(
    0,
    -1e-45,
    3.4028234663852886e38,
    -3.4028234663852886e38,
    1 / 0,
    -1 / 0,
    0 / 0,
  );
  const x = input('x', [7]);
  const y = finite(x);
  const [reference] = interpret([y], new Map([[x, { shape: [7], data: Float64Array.from(data) }]]));
  expect([...reference!.data]).toEqual([1, 1, 1, 1, 0, 0, 0]);
  const run = await runOnnx({ y }, { x: float32(data, [7]) });
  expect(Array.from(run.y!.data)).toEqual([...reference!.data]);
});

test('what where does not choose may be NaN', async () => {
  const x = input('x', [2]);
  const y = where(finite(x), x, scalar(0));
  const run = await runOnnx({ y }, { x: float32(Float32Array.of(Number.NaN, 3), [2]) });
  expect(Array.from(run.y!.data)).toEqual([0, 3]);
});
