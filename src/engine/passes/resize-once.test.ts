import { expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { elementCount, float32 } from '../../base/arrays.js';
import { affine, type Dim, input, reachable, symbol, type Tensor } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { resizeBilinear, sigmoid } from '../ops/index.js';
import { resizeOnce } from './resize-once.js';

const [H, W] = [symbol('H'), symbol('W')];
const double = (side: Dim) => affine(side, 2, 0, 1);
const image = input('image', [1, 2, symbol('h'), symbol('w')]);
const size = input('size', [H, W]);
const large = resizeBilinear(image, [double(H), double(W)]);
const passed = (y: Tensor) => resizeOnce({ outputs: { y } }).outputs.y!;
const count = (y: Tensor) =>
  reachable([y]).filter(({ operator }) => operator.name.startsWith('resize')).length;

test.each([
  ['both sides', [5, 3], [10, 6]],
  ['rows alone', [5, 3], [10, 5]],
  ['columns alone', [5, 3], [9, 6]],
  ['neither side', [5, 3], [9, 5]],
  ['eight times', [2, 3], [8, 12]],
  ['a factor of two, which is no multiple of four', [6, 5], [6, 5]],
  ['single pixels', [1, 1], [2, 1]],
])('resized to sides of 4 times the length, or not, and halved: %s', async (_, from, to) => {
  const y = passed(resizeBilinear(large, [H, W]));
  expect(count(y)).toBe(1);
  const data = randomArray(elementCount([2, ...from]), 1);
  const feeds = {
    image: float32(Float32Array.from(data), [1, 2, ...from]),
    size: float32(new Float32Array(elementCount(to)), to),
  };
  const [twice, once] = await Promise.all(
    [resizeBilinear(large, [H, W]), y].map((each) => runOnnx({ y: each, sized: sigmoid(size) }, feeds)),
  );
  expect(once!.y!.shape).toEqual([1, 2, ...to]);
  expectClose(once!.y!.data, Float64Array.from(twice!.y!.data as Float32Array), 1e-6, 'ONNX Runtime');
  const values = new Map(
    [image, size].map((leaf) => {
      const { shape, data } = feeds[leaf.attributes.name as keyof typeof feeds];
      return [leaf as Tensor, { shape, data: Float64Array.from(data) }] as const;
    }),
  );
  const [reference] = interpret([y, sigmoid(size)], values);
  expectClose(once!.y!.data, reference!.data, 2e-5, 'the interpreter');
});

test('of three resizes, the last two of which halve, none is forgotten', () => {
  const largest = resizeBilinear(image, [affine(H, 4, 0, 1), affine(W, 4, 0, 1)]);
  const y = passed(resizeBilinear(resizeBilinear(largest, [double(H), double(W)]), [H, W]));
  const names = reachable([y]).map(({ operator }) => operator.name);
  expect(names.slice(-2)).toEqual(['resizeBilinear, halved', 'resizeBilinear']);
});

test('sides that are numbers are resized once where that is exact', () => {
  const fixed = (height: number) => {
    const whole = resizeBilinear(input('fixed', [1, 2, 5, 3]), [2 * height, 24]);
    return resizeBilinear(whole, [height, 12]);
  };
  expect(count(passed(fixed(10)))).toBe(1);
  expect(count(passed(fixed(9)))).toBe(2);
});

test('two resizes stay if another tensor reads the first, if corners are aligned, or if the second does not halve', () => {
  const other = { half: resizeBilinear(large, [H, W]), large: sigmoid(large) };
  expect(count(resizeOnce({ outputs: other }).outputs.half!)).toBe(2);
  const corners = resizeBilinear(image, [double(H), double(W)], { alignCorners: true });
  expect(count(passed(resizeBilinear(corners, [H, W])))).toBe(2);
  expect(count(passed(resizeBilinear(large, [affine(H, 3, 0, 2), W])))).toBe(2);
});
