import { describe, expect, test } from 'vitest';
import { checkOperator } from '../../../../tests/support/check-operator.js';
import { runFree } from '../../../../tests/support/run-free.js';
import { runOnnx } from '../../../../tests/support/run-onnx.js';
import { float32 } from '../../../base/arrays.js';
import { constant, input, symbol } from '../../graph/index.js';
import { conv2d, convTranspose2d } from './convolution.js';
import type { ConvolutionOptions } from './geometry.js';

interface Case {
  readonly image: readonly [n: number, c: number, h: number, w: number];
  readonly out: number;
  readonly kernel: readonly [number, number];
  readonly options: ConvolutionOptions;
}

const cases: Readonly<Record<string, Case>> = {
  pointwise: { image: [2, 5, 7, 6], out: 4, kernel: [1, 1], options: {} },
  'pointwise, stride 2': { image: [2, 5, 7, 6], out: 4, kernel: [1, 1], options: { stride: 2 } },
  '3×3': { image: [2, 3, 7, 9], out: 4, kernel: [3, 3], options: { padding: 1 } },
  'no padding': { image: [1, 3, 6, 5], out: 2, kernel: [3, 3], options: {} },
  'stride 2, odd side': { image: [2, 3, 7, 9], out: 4, kernel: [3, 3], options: { stride: 2, padding: 1 } },
  'stride 2, even side': { image: [2, 3, 8, 10], out: 4, kernel: [3, 3], options: { stride: 2, padding: 1 } },
  'uneven strides and kernel': {
    image: [1, 2, 9, 11],
    out: 3,
    kernel: [3, 5],
    options: { stride: [3, 2], padding: [1, 2, 0, 3] },
  },
  'dilation inside the map': {
    image: [2, 3, 13, 12],
    out: 2,
    kernel: [3, 3],
    options: { dilation: 2, padding: 2 },
  },
  'dilation as large as the map': {
    image: [2, 3, 5, 4],
    out: 2,
    kernel: [3, 3],
    options: { dilation: 6, padding: 6 },
  },
  'dilation and stride': {
    image: [1, 2, 11, 10],
    out: 2,
    kernel: [3, 2],
    options: { dilation: [2, 3], stride: 2, padding: 2 },
  },
  'padding beyond the kernel': { image: [1, 2, 4, 5], out: 2, kernel: [2, 2], options: { padding: 3 } },
  groups: { image: [2, 6, 5, 7], out: 4, kernel: [3, 3], options: { groups: 2, padding: 1 } },
  'groups, stride 2': {
    image: [2, 6, 5, 7],
    out: 4,
    kernel: [3, 3],
    options: { groups: 2, padding: 1, stride: 2 },
  },
  depthwise: { image: [2, 5, 7, 6], out: 5, kernel: [3, 3], options: { groups: 5, padding: 1 } },
  'depthwise, stride 2': {
    image: [2, 5, 8, 7],
    out: 5,
    kernel: [3, 3],
    options: { groups: 5, padding: 1, stride: 2 },
  },
  'depthwise, two kernels a channel': {
    image: [2, 3, 8, 7],
    out: 6,
    kernel: [3, 3],
    options: { groups: 3, padding: 1, stride: 2 },
  },
  'depthwise, dilated': {
    image: [2, 4, 9, 8],
    out: 4,
    kernel: [3, 3],
    options: { groups: 4, padding: 4, dilation: 4 },
  },
};

describe('conv2d', () => {
  test.each(Object.entries(cases))('%s', async (_, { image, out, kernel, options }) => {
    const weight = [out, image[1] / (options.groups ?? 1), ...kernel];
    await checkOperator(
      (x, w, bias) => conv2d(x, w, { ...options, bias }),
      [{ shape: image }, { shape: weight }, { shape: [out] }],
    );
  });

  test.each([
    [[2, 5, 8, 7], 2],
    [
      [1, 5, 9, 12],
      [3, 2],
    ],
  ] as const)("padding 'same' of %j at stride %j", async (image, stride) => {
    const options = { groups: 5, padding: 'same', stride } as const;
    await checkOperator((x, w) => conv2d(x, w, options), [{ shape: image }, { shape: [5, 1, 3, 3] }]);
  });

  test("padding 'same' is behind an even side alone, as TensorFlow has it, free sides too", async () => {
    const free = input('x', [1, 1, symbol('H'), symbol('W')]);
    const data = Float32Array.from([1, 10, 100, 1, 10, 100, 1, 10, 100]);
    const w = constant(data, [1, 1, 3, 3]);
    const y = conv2d(free, w, { padding: 'same', stride: 2 });
    expect(y.shape[2]).toMatchObject({ text: 'floor((H+1)/2)' });
    const rows = async (height: number, width: number) => {
      const x = float32(new Float32Array(height * width).fill(1), [1, 1, height, width]);
      return Array.from((await runOnnx({ y }, { x })).y!.data, Number);
    };
    expect(await rows(4, 4)).toEqual([333, 33, 222, 22]);
    expect(await rows(3, 3)).toEqual([220, 22, 220, 22]);
    for (const size of [
      [6, 7],
      [5, 8],
    ])
      await runFree(y, free, [1, 1, ...size]);
    expect(() => conv2d(free, w, { padding: 'same', stride: 2, dilation: 2 })).toThrow('received both');
    expect(() => convTranspose2d(free, w, { padding: 'same' })).toThrow('convTranspose2d, padding: expected');
  });

  test('keeps a free side as an expression', () => {
    const x = input('x', [1, 3, symbol('H'), symbol('W')]);
    const w = input('w', [8, 3, 3, 3]);
    expect(conv2d(x, w, { padding: 1 }).shape[2]).toEqual(symbol('H'));
    const halved = conv2d(x, w, { padding: 1, stride: 2 }).shape[2];
    expect(halved).toMatchObject({ text: 'floor((H+1)/2)' });
  });

  test('an error names the operator, what was expected and what came', () => {
    const x = input('x', [1, 3, 8, 8]);
    expect(() => conv2d(x, input('w', [8, 4, 3, 3]))).toThrow(
      'conv2d: expected a weight [out, in / groups, kH, kW] for 3 channels in 1 group(s), received float32 [8, 4, 3, 3].',
    );
    expect(() => conv2d(x, input('w', [8, 3, 9, 9]))).toThrow(/an image that a 9×9 kernel fits into/);
    expect(() => conv2d(x, input('w', [8, 3, 3, 3]), { stride: 0 })).toThrow(/strides/);
  });
});

describe('convTranspose2d', () => {
  test.each(Object.entries(cases))('%s', async (_, { image, out, kernel, options }) => {
    // The same geometry read backwards: from `out` channels to those of the image.
    const { groups = 1, padding = 0 } = options;
    const smallEnough = typeof padding === 'number' ? Math.min(padding, 1) : padding;
    const weight = [out, image[1] / groups, ...kernel];
    const outputPadding = options.stride === 2 ? 1 : 0;
    await checkOperator(
      (x, w, bias) => convTranspose2d(x, w, { ...options, padding: smallEnough, outputPadding, bias }),
      [{ shape: [image[0], out, 4, 5] }, { shape: weight }, { shape: [image[1]] }],
    );
  });

  test('doubles a free side', () => {
    const x = input('x', [1, 2, symbol('H'), symbol('W')]);
    const y = convTranspose2d(x, input('w', [2, 3, 4, 4]), { stride: 2, padding: 1 });
    expect(y.shape[2]).toMatchObject({ text: '(2*H)' });
  });
});
