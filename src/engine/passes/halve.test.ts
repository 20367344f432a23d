import { expect, test } from 'vitest';
import { randomArray } from '../../../tests/support/random-array.js';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32, type NdArray } from '../../base/arrays.js';
import { input, reachable, symbol, type Tensor, variable } from '../graph/index.js';
import { add, concat, conv2d, mean, relu6, resizeLike, sigmoid } from '../ops/index.js';
import { halve } from './halve.js';
import { simplify } from './simplify.js';

const random = (shape: readonly number[], seed: number): NdArray => {
  const count = shape.reduce((a, b) => a * b, 1);
  return float32(Float32Array.from(randomArray(count, seed)), shape);
};
const constants = new Map([
  ['first', random([4, 3, 3, 3], 1)],
  ['bias', random([4], 2)],
  ['second', random([4, 4, 1, 1], 3)],
  ['last', random([2, 8, 1, 1], 4)],
]);
const weight = (name: string) => variable(name, constants.get(name)!.shape);

test('convolutions and what stands between them are float16, everything else float32', async () => {
  const x = input('x', [1, 3, symbol('H'), symbol('W')]);
  const first = relu6(conv2d(x, weight('first'), { padding: 1, stride: 2, bias: weight('bias') }));
  const summed = add(first, conv2d(first, weight('second')));
  const pooled = sigmoid(mean(summed, [2, 3]));
  const last = conv2d(concat([first, summed], 1), weight('last'));
  const program = simplify({ outputs: { y: resizeLike(last, x), pooled, summed }, constants });
  const halved = halve(program);
  const types = (name: string) =>
    reachable(Object.values<Tensor>(halved.outputs))
      .filter(({ operator }) => operator.name === name)
      .map(({ dtype }) => dtype);
  for (const name of ['relu6', 'add', 'concat']) expect(types(name)).toEqual(['float16']);
  expect(types('conv2d')).toEqual(['float16', 'float16', 'float16']);
  expect([types('mean'), types('sigmoid'), types('resizeBilinear')].flat()).toEqual(Array(3).fill('float32'));
  expect(Object.values<Tensor>(halved.outputs).map(({ dtype }) => dtype)).toEqual(Array(3).fill('float32'));

  const feeds = { x: random([1, 3, 10, 14], 5) };
  const exact = await runOnnx(program.outputs, feeds, { constants });
  const found = await runOnnx(halved.outputs, feeds, { constants: halved.constants });
  for (const name of ['y', 'pooled', 'summed']) {
    const errors = Array.from(exact[name]!.data, (value, i) =>
      Math.abs(Number(value) - Number(found[name]!.data[i])),
    );
    // float16 rounds, to one part in 2048 at most.
    expect(Math.max(...errors)).toBeGreaterThan(0);
    expect(Math.max(...errors)).toBeLessThan(0.02);
  }
});

test('a convolution whose weight is fed stays as it is', () => {
  const y = conv2d(input('x', [1, 4, 2, 2]), weight('second'));
  expect(halve({ outputs: { y } }).outputs.y).toBe(y);
});
