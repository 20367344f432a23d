import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../tests/support/check-operator.js';
import { runFree } from '../../../tests/support/run-free.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { gradients } from '../autodiff.js';
import { input, symbol } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { averagePool2d, globalAveragePool, maxPool2d, type PoolingOptions } from './pooling.js';
import { sum } from './reductions.js';

const cases: Readonly<Record<string, readonly [image: readonly number[], options: PoolingOptions]>> = {
  '2×2': [[2, 3, 6, 8], { kernel: 2 }],
  '2×2, odd sides': [[2, 3, 7, 5], { kernel: 2 }],
  "3×3, stride 2, padding 1 (ResNet's stem)": [[2, 3, 9, 8], { kernel: 3, stride: 2, padding: 1 }],
  '3×3, stride 1': [[1, 2, 5, 7], { kernel: 3, stride: 1, padding: 1 }],
  "4×4, stride 4, padding 2 (RMI's)": [[2, 2, 11, 13], { kernel: 4, stride: 4, padding: 2 }],
  'uneven kernel, strides and padding': [
    [1, 2, 9, 10],
    { kernel: [3, 4], stride: [2, 3], padding: [1, 2, 0, 1] },
  ],
  'strides beyond the kernel': [[1, 2, 9, 11], { kernel: 2, stride: [3, 4] }],
  'one window': [[2, 2, 3, 5], { kernel: [3, 5] }],
  '1×1': [[2, 2, 3, 5], { kernel: 1 }],
};

describe('maxPool2d', () => {
  test.each(Object.entries(cases))('%s', async (_, [shape, options]) => {
    await checkOperator((x) => maxPool2d(x, options), [{ shape }]);
  });

  test('dilated', async () => {
    await checkOperator(
      (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1, dilation: 2 }),
      [{ shape: [2, 2, 9, 10] }],
    );
  });

  test('the first of equal ones gets the gradient', async () => {
    // Central differences have no say where two are equal, so against a count of windows by hand.
    const x = input('x', [1, 1, 3, 3]);
    const loss = sum(maxPool2d(x, { kernel: 2, stride: 1 }));
    const gradient = gradients(loss, [x]).get(x)!;
    const data = [1, 1, 0, 1, 1, 1, 0, 1, 1];
    const expected = [1, 1, 0, 1, 1, 0, 0, 0, 0];
    const given = new Map([[x, { shape: [1, 1, 3, 3], data: Float64Array.from(data) }]]);
    expect([...interpret([gradient], given)[0]!.data]).toEqual(expected);
    const feeds = { x: { dtype: 'float32', shape: [1, 1, 3, 3], data: Float32Array.from(data) } } as const;
    expect(Array.from((await runOnnx({ gradient }, feeds)).gradient!.data)).toEqual(expected);
  });

  test('values far below zero win over the padding', async () => {
    await checkOperator(
      (x) => maxPool2d(x, { kernel: 3, stride: 2, padding: 1 }),
      [{ shape: [1, 2, 5, 5], map: (x) => x - 50 }],
    );
  });
});

describe('averagePool2d', () => {
  test.each(Object.entries(cases))('%s', async (_, [shape, options]) => {
    await checkOperator((x) => averagePool2d(x, options), [{ shape }]);
    await checkOperator((x) => averagePool2d(x, { ...options, countPadding: false }), [{ shape }]);
  });
});

describe('globalAveragePool', () => {
  test.each([[[2, 3, 5, 7]], [[1, 4, 1, 1]]])('%j', async (shape) => {
    await checkOperator(globalAveragePool, [{ shape }]);
  });
});

describe('free sides', () => {
  const x = input('x', [1, 2, symbol('H'), symbol('W')]);

  test('are halved', async () => {
    const options = { kernel: 3, stride: 2, padding: 1 };
    expect(maxPool2d(x, options).shape[2]).toMatchObject({ text: 'floor((H+1)/2)' });
    await runFree(maxPool2d(x, options), x, [1, 2, 7, 10]);
    await runFree(averagePool2d(x, { ...options, countPadding: false }), x, [1, 2, 7, 10]);
  });

  test('are averaged away', async () => {
    expect(globalAveragePool(x).shape).toEqual([1, 2, 1, 1]);
    await runFree(globalAveragePool(x), x, [1, 2, 7, 10]);
  });
});

test('an error names the operator, what was expected and what came', () => {
  const x = input('x', [1, 3, 4, 8]);
  expect(() => maxPool2d(x, { kernel: 5 })).toThrow(
    'maxPool2d: expected an image that a 5×5 window fits into, received float32 [1, 3, 4, 8].',
  );
  expect(() => averagePool2d(x, { kernel: 3, padding: 2 })).toThrow(
    'averagePool2d: expected a padding of at most half the kernel, received padding [2,2,2,2] for kernel [3,3].',
  );
  expect(() => maxPool2d(x, { kernel: 2, padding: 1, dilation: 2 })).toThrow(/less where dilated/);
  expect(() => maxPool2d(x, { kernel: 0 })).toThrow(/whole kernel sides/);
  expect(() => maxPool2d(x, { kernel: 2, stride: 0 })).toThrow(/strides/);
  expect(() => averagePool2d(input('x', [3, 8, 8]), { kernel: 2 })).toThrow(/of rank 4/);
  expect(() => globalAveragePool(input('x', [3, 8, 8]))).toThrow(/globalAveragePool: .* of rank 4/);
});
