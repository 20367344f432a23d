import { expect, test } from 'vitest';
import { expectClose } from '../../../tests/support/check-operator.js';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { elementCount, float32 } from '../../base/arrays.js';
import { input, type Tensor, variable } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { conv2d, relu, resizeBilinear, sigmoid } from '../ops/index.js';
import { resizeInBlocks } from './index.js';

const image = input('image', [1, 3, 4, 5]);
const weight = variable('w', [16, 3, 1, 1]);
const random = (shape: readonly number[], seed: number) =>
  float32(Float32Array.from(randomArray(elementCount(shape), seed)), shape);
const known = new Map([['w', random([16, 3, 1, 1], 1)]]);
const convolved = conv2d(image, weight);

const hinted = (y: Tensor, constants = known) =>
  resizeInBlocks({ outputs: { y }, constants }).outputs.y!.attributes.inBlocks === true;

test('a whole factor after a convolution of constant weights, and nothing else', () => {
  expect(hinted(resizeBilinear(relu(convolved), [12, 20]))).toBe(true);
  expect(hinted(resizeBilinear(convolved, [4, 10], { alignCorners: true }))).toBe(true);
  expect(hinted(resizeBilinear(convolved, [11, 20]))).toBe(false);
  expect(hinted(resizeBilinear(convolved, [2, 5]))).toBe(false);
  expect(hinted(resizeBilinear(sigmoid(convolved), [12, 20]))).toBe(false);
  expect(hinted(resizeBilinear(image, [12, 20]))).toBe(false);
  expect(hinted(resizeBilinear(convolved, [12, 20]), new Map())).toBe(false);
});

test.each([false, true])('the values stay, corners aligned: %s', async (alignCorners) => {
  const y = conv2d(
    resizeBilinear(relu(convolved), [12, 20], { alignCorners }),
    variable('v', [16, 16, 1, 1]),
  );
  const constants = new Map([...known, ['v', random([16, 16, 1, 1], 2)]]);
  const program = resizeInBlocks({ outputs: { y }, constants });
  const x = random([1, 3, 4, 5], 3);
  const actual = await runOnnx(program.outputs, { image: x }, { constants });
  const given = new Map<Tensor, { shape: readonly number[]; data: Float64Array }>(
    [
      [image, x] as const,
      [weight, known.get('w')!] as const,
      [y.inputs[1]!, constants.get('v')!] as const,
    ].map(([leaf, { shape, data }]) => [leaf, { shape, data: Float64Array.from(data as Float32Array) }]),
  );
  expectClose(actual.y!.data, interpret([y], given)[0]!.data, 2e-5, 'ONNX Runtime');
});
