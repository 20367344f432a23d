import { describe, expect, test } from 'vitest';
import { checkOperator, expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { input, scaled, symbol } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { resizeBilinear, resizeLike } from './resize.js';

type Size = readonly [number, number];
const cases: Readonly<Record<string, readonly [from: Size, to: Size]>> = {
  'up, by a fraction': [
    [5, 7],
    [11, 16],
  ],
  'up, by a whole number': [
    [3, 4],
    [12, 16],
  ],
  'down, by a fraction': [
    [11, 13],
    [5, 9],
  ],
  'down, by half': [
    [8, 10],
    [4, 5],
  ],
  'up and down at once': [
    [9, 4],
    [5, 11],
  ],
  'rows alone': [
    [5, 6],
    [9, 6],
  ],
  'columns alone': [
    [5, 6],
    [5, 3],
  ],
  'from one pixel': [
    [1, 1],
    [4, 3],
  ],
  'to one pixel': [
    [6, 5],
    [1, 1],
  ],
  'too large for matrix products, up': [
    [67, 3],
    [80, 5],
  ],
  'too large for matrix products, down': [
    [66, 5],
    [33, 3],
  ],
  'too large for matrix products, to one row': [
    [65, 4],
    [1, 7],
  ],
};

describe('resizeBilinear', () => {
  test.each(Object.entries(cases))('%s', async (_, [from, to]) => {
    await checkOperator((x) => resizeBilinear(x, to), [{ shape: [2, 3, ...from] }]);
    await checkOperator((x) => resizeBilinear(x, to, { alignCorners: true }), [{ shape: [2, 3, ...from] }]);
  });

  test.each(Object.entries(cases))('%s, corner pixels aligned', async (_, [from, to]) => {
    await checkOperator((x) => resizeBilinear(x, to, { alignCorners: true }), [{ shape: [2, 3, ...from] }]);
  });

  test('aligned corners keep their centres', () => {
    const x = input('x', [1, 1, 1, 3]);
    const given = new Map([[x, { shape: [1, 1, 1, 3], data: Float64Array.of(0, 4, 12) }]]);
    const aligned = (width: number) =>
      Array.from(interpret([resizeBilinear(x, [1, width], { alignCorners: true })], given)[0]!.data);
    expect(aligned(5)).toEqual([0, 2, 4, 8, 12]);
    // PyTorch takes the first for a single pixel.
    expect(aligned(1)).toEqual([0]);
  });

  test('half-pixel centres, held at the edges', () => {
    const x = input('x', [1, 1, 1, 2]);
    const given = new Map([[x, { shape: [1, 1, 1, 2], data: Float64Array.of(0, 4) }]]);
    expect([...interpret([resizeBilinear(x, [1, 4])], given)[0]!.data]).toEqual([0, 1, 3, 4]);
    // PyTorch takes the middle for a single pixel; ONNX's pytorch_half_pixel would take the first.
    expect([...interpret([resizeBilinear(x, [1, 1])], given)[0]!.data]).toEqual([2]);
  });

  test('aligned corners: the first and last pixels stay', () => {
    const x = input('x', [1, 1, 1, 2]);
    const given = new Map([[x, { shape: [1, 1, 1, 2], data: Float64Array.of(0, 3) }]]);
    const resized = (width: number) =>
      interpret([resizeBilinear(x, [1, width], { alignCorners: true })], given)[0]!.data;
    expect([...resized(4)]).toEqual([0, 1, 2, 3]);
    // A single pixel takes the first, as in PyTorch.
    expect([...resized(1)]).toEqual([0]);
  });

  test('returns an image that has the size already', () => {
    const x = input('x', [1, 3, symbol('H'), 7]);
    expect(resizeBilinear(x, [symbol('H'), 7])).toBe(x);
  });

  test.each([
    [9, 13],
    [12, 8],
  ])('a free size, %d×%d', async (height, width) => {
    const [H, W] = [symbol('H'), symbol('W')];
    const image = input('image', [1, 2, H, W]);
    const half = resizeBilinear(image, [scaled(H, 0.5), scaled(W, 0.5)]);
    const back = resizeLike(half, image);
    const aligned = resizeBilinear(half, [H, W], { alignCorners: true });
    expect(half.shape.slice(2)).toMatchObject([{ text: 'floor((H)/2)' }, { text: 'floor((W)/2)' }]);
    expect(back.shape).toEqual(image.shape);
    const shape = [1, 2, height, width];
    const data = Float32Array.from(randomArray(2 * height * width, 3));
    const expected = interpret(
      [half, back, aligned],
      new Map([[image, { shape, data: Float64Array.from(data) }]]),
    );
    const actual = await runOnnx({ half, back, aligned }, { image: { dtype: 'float32', shape, data } });
    expect(actual.half!.shape).toEqual([1, 2, Math.floor(height / 2), Math.floor(width / 2)]);
    expectClose(actual.half!.data, expected[0]!.data, 1e-5, 'half');
    expectClose(actual.back!.data, expected[1]!.data, 1e-5, 'back');
    expectClose(actual.aligned!.data, expected[2]!.data, 1e-5, 'aligned');
  });

  test('an error names the operator, what was expected and what came', () => {
    const x = input('x', [1, 3, 8, 8]);
    expect(() => resizeBilinear(x, [0, 4])).toThrow(
      'resizeBilinear: expected whole sides of 1 or more, received [0, 4].',
    );
    expect(() => resizeBilinear(x, [4.5, 4])).toThrow(/whole sides/);
    expect(() => resizeBilinear(input('x', [3, 8, 8]), [4, 4])).toThrow(/an image \[N, C, H, W\] of rank 4/);
    expect(() => resizeBilinear(input('x', [1, 3, 8, 8], 'uint8'), [4, 4])).toThrow(/float32/);
    expect(() => resizeLike(x, input('y', [4, 4]))).toThrow(
      'resizeLike: expected another image [N, C, H, W], received float32 [4, 4].',
    );
  });
});
