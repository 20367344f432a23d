import { expect, test } from 'vitest';
import { input, symbol, type Tensor, variable } from '../graph/index.js';
import { add, conv2d, relu } from '../ops/index.js';
import { cpuRun, runBytes } from './cpu-run.js';

const image = input('image', [1, 3, symbol('H'), symbol('W')]);
const weight = (out: number, read: number) => variable(`w${out}·${read}`, [out, read, 1, 1]);
const sides = new Map([
  ['H', 100],
  ['W', 100],
]);
const plane = 4 * 100 * 100;

test('channels fill whole blocks, and additions and activations are computed within convolutions', () => {
  const first = conv2d(image, weight(20, 3));
  const sum = relu(add(conv2d(relu(first), weight(20, 20)), first));
  // 20 channels are 24 in blocks: the first convolution, its activation and the sum; then they are taken out of the blocks.
  expect(runBytes(cpuRun([sum]), sides).alive).toBe(3 * 24 * plane);
  expect(cpuRun([sum]).steps).toHaveLength(4);
});

test('channels that are no multiple of four are not convolved in blocks', () => {
  const first = relu(conv2d(image, weight(18, 3)));
  const { steps } = cpuRun([conv2d(first, weight(18, 18))]);
  expect(steps.map(({ blocks }) => blocks)).toEqual([24, undefined, undefined]);
});

test('behind a large block, runs take their memory in one region', () => {
  let x: Tensor = image;
  for (let i = 0; i < 4; i++) x = relu(conv2d(x, weight(64, i === 0 ? 3 : 64)));
  const run = cpuRun([x]);
  const { alive, taken } = runBytes(run, sides);
  expect(taken).toBeGreaterThanOrEqual(alive);
  expect(alive).toBeLessThan(2 ** 24);
  expect(runBytes(run, sides, 2 ** 24).taken).toBe(2 ** 24);
});
