import { expect, test } from 'vitest';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32 } from '../../base/arrays.js';
import { input } from '../../engine/graph/index.js';
import { interpret } from '../../engine/interpret.js';
import { clipFactor, globalNorm } from './index.js';

const a = input('a', [2, 2]);
const b = input('b', [1]);

function values(x: readonly number[], y: readonly number[]) {
  return new Map([
    [a, { shape: [2, 2], data: Float64Array.from(x) }],
    [b, { shape: [1], data: Float64Array.from(y) }],
  ]);
}

test('the global norm is that of all elements', async () => {
  const norm = globalNorm([a, b]);
  expect(norm.shape).toEqual([]);
  expect(interpret([norm], values([1, 2, 2, 0], [4]))[0]!.data[0]).toBe(5);
  const feeds = { a: float32(Float32Array.of(1, 2, 2, 0), [2, 2]), b: float32(Float32Array.of(4), [1]) };
  expect((await runOnnx({ norm }, feeds)).norm!.data[0]).toBe(5);
});

test.each([
  ['above the limit', [6, 0, 0, 0], [8], 5 / (10 + 1e-6)],
  ['below it', [0, 0, 3, 0], [0], 1],
  ['zero', [0, 0, 0, 0], [0], 1],
] as const)('a norm %s', (_, x, y, expected) => {
  const factor = clipFactor(globalNorm([a, b]), 5);
  expect(interpret([factor], values(x, y))[0]!.data[0]).toBeCloseTo(expected, 12);
});

test('a limit of zero is refused', () => {
  expect(() => clipFactor(a, 0)).toThrow('clipNorm: expected a norm above 0, received 0.');
});
