import { expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { elementCount, float32 } from '../../base/arrays.js';
import { input, symbol, type Tensor, type Value, variable } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { argmax, cast, conv2d, resizeBilinear, sigmoid } from '../ops/index.js';
import { resample } from '../ops/resample.js';
import { resizeChannelsLast } from './index.js';

const free = [symbol('H'), symbol('W')] as const;
const random = (shape: readonly number[], seed: number) =>
  float32(Float32Array.from(randomArray(elementCount(shape), seed)), shape);
const small = (channels: number) => input('small', [2, channels, symbol('h'), symbol('w')]);
const weight = (channels: number) => variable('w', [4, channels, 3, 3]);
const constants = (channels: number) => new Map([['w', random([4, channels, 3, 3], 1)]]);
const passed = (y: Tensor, known = constants(y.inputs[0]!.shape[1] as number)) =>
  resizeChannelsLast({ outputs: { y }, constants: known }).outputs.y!;

test('before a convolution of constant weights and before argmax, and nowhere else', () => {
  const convolved = (x: Tensor) => conv2d(x, weight(x.shape[1] as number), { padding: 1 });
  const resized = resizeBilinear(small(8), free);
  expect(passed(convolved(resized))).not.toBe(convolved(resized));
  const scores = argmax(resizeBilinear(small(5), free));
  expect(passed(scores).attributes.axis).toBe(3);
  for (const y of [
    convolved(resizeBilinear(small(3), free)),
    convolved(resizeBilinear(input('fixed', [1, 8, 4, 5]), [9, 10])),
    convolved(sigmoid(resized)),
    resized,
  ])
    expect(passed(y)).toBe(y);
  const unknown = convolved(resized);
  expect(passed(unknown, new Map())).toBe(unknown);
});

test.each([
  [8, false],
  [6, true],
])('the values stay: %i channels, corners aligned: %s', async (channels, alignCorners) => {
  const image = small(channels);
  const large = resizeBilinear(image, [symbol('H'), symbol('W')], { alignCorners });
  const size = input('size', [symbol('H'), symbol('W')]);
  const y = conv2d(large, weight(channels), { padding: 1 });
  const labels = cast(
    argmax(resizeBilinear(sigmoid(image), [symbol('H'), symbol('W')], { alignCorners })),
    'uint8',
  );
  const known = constants(channels);
  const program = resizeChannelsLast({ outputs: { y, labels }, constants: known });
  const given = { small: random([2, channels, 3, 4], 2), size: random([7, 10], 3), w: known.get('w')! };
  const { small: x, size: sides } = given;
  const [before, after] = await Promise.all(
    [{ y, labels }, program.outputs].map((outputs) =>
      runOnnx({ ...outputs, sized: sigmoid(size) }, { small: x, size: sides }, { constants: known }),
    ),
  );
  expectClose(after!.y!.data, Float64Array.from(before!.y!.data as Float32Array), 1e-6, 'ONNX Runtime');
  expect(after!.labels).toEqual(before!.labels);
  const values = new Map<Tensor, Value>();
  for (const leaf of [image, size, y.inputs[1]!]) {
    const { shape, data } = given[leaf.attributes.name as keyof typeof given];
    values.set(leaf, { shape, data: Float64Array.from(data as Float32Array) });
  }
  const [reference] = interpret([program.outputs.y!, sigmoid(size)], values);
  expectClose(after!.y!.data, reference!.data, 2e-5, 'the interpreter');
});

test('so are parts of a resize, and the values stay', async () => {
  const image = small(6);
  const [rows, columns] = ['rows', 'columns'].map((name, i) => input(name, [free[i]!]));
  const part = () => resample(image, rows!, columns!);
  const y = conv2d(part(), weight(6), { padding: 1 });
  const labels = cast(argmax(part()), 'uint8');
  const known = constants(6);
  const { outputs } = resizeChannelsLast({ outputs: { y, labels }, constants: known });
  expect(outputs.y).not.toBe(y);
  const feeds = {
    small: random([2, 6, 3, 4], 2),
    rows: float32(Float32Array.of(0, 0.25, 1, 1.75, 2), [5]),
    columns: float32(Float32Array.of(2.5, 3), [2]),
  };
  const [before, after] = await Promise.all(
    [{ y, labels }, outputs].map((each) => runOnnx(each, feeds, { constants: known })),
  );
  expectClose(after!.y!.data, Float64Array.from(before!.y!.data as Float32Array), 1e-6, 'ONNX Runtime');
  expect(after!.labels).toEqual(before!.labels);
  const values = new Map<Tensor, Value>(
    [image, rows!, columns!, y.inputs[1]!].map((leaf) => {
      const { shape, data } = { ...feeds, w: known.get('w')! }[leaf.attributes.name as keyof typeof feeds];
      return [leaf, { shape, data: Float64Array.from(data) }];
    }),
  );
  expectClose(after!.y!.data, interpret([outputs.y!], values)[0]!.data, 2e-5, 'the interpreter');
});
