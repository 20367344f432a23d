import { expect, test } from 'vitest';
import { type Initializer, initialize, ones, zeros } from './initializers.js';

const he = (mode: 'fanIn' | 'fanOut', gain?: number): Initializer => ({
  kind: 'kaimingNormal',
  mode,
  ...(gain === undefined ? {} : { gain }),
});

test('constants', () => {
  expect(initialize(zeros, [2, 2], 1, 'a')).toEqual(new Float32Array(4));
  expect(initialize(ones, [3], 1, 'a')).toEqual(Float32Array.of(1, 1, 1));
  expect(initialize({ kind: 'constant', value: 0.25 }, [1], 1, 'a')).toEqual(Float32Array.of(0.25));
});

// The fans of a weight [out, in / groups, kH, kW] as PyTorch counts them: groups are not taken into account.
test.each<[string, Initializer, number[], number]>([
  ['fan-out', he('fanOut'), [128, 16, 3, 3], 2 / (128 * 9)],
  ['fan-in', he('fanIn'), [128, 16, 3, 3], 2 / (16 * 9)],
  ['fan-in with gain 1', he('fanIn', 1), [128, 16, 3, 3], 1 / (16 * 9)],
  ['fan-out, depthwise', he('fanOut'), [2048, 1, 3, 3], 2 / (2048 * 9)],
  ['a given deviation', { kind: 'normal', deviation: 0.01 }, [128, 128, 1, 1], 1e-4],
])('normal by %s: mean 0 and the variance of its formula', (_, initializer, shape, variance) => {
  const data = initialize(initializer, shape, 1, 'weight');
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const square = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
  // Four standard errors.
  expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / data.length));
  expect(Math.abs(square / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / data.length));
});

test('seed and name decide the numbers, and nothing else does', () => {
  const of = (seed: number, name: string) => initialize(he('fanOut'), [4, 4, 3, 3], seed, name);
  expect(of(1, 'a')).toEqual(of(1, 'a'));
  expect(of(2, 'a')).not.toEqual(of(1, 'a'));
  expect(of(1, 'b')).not.toEqual(of(1, 'a'));
});

test('bilinear enlargement, depthwise and dense', () => {
  const tent = [0.25, 0.75, 0.75, 0.25];
  const kernel = tent.flatMap((y) => tent.map((x) => y * x));
  const none = Array<number>(16).fill(0);
  expect([...initialize({ kind: 'bilinear' }, [2, 1, 4, 4], 1, 'up')]).toEqual([...kernel, ...kernel]);
  expect([...initialize({ kind: 'bilinear' }, [2, 2, 4, 4], 1, 'up')]).toEqual(
    [kernel, none, none, kernel].flat(),
  );
  const [odd] = [initialize({ kind: 'bilinear' }, [1, 1, 3, 1], 1, 'up')];
  expect([...odd]).toEqual([0.5, 1, 0.5]);
});
