import { describe, expect, test } from 'vitest';
import { runOnnx } from '../../../tests/support/run-onnx.js';
import { float32 } from '../../base/arrays.js';
import { generator, KEY_WORDS, keyWords } from '../../base/random/index.js';
import { input, symbol } from '../graph/index.js';
import { interpret } from '../interpret.js';
import { compile } from '../onnx/lower.js';
import { add, randomUniform } from './index.js';

const [seed, step] = [input('seed', [KEY_WORDS]), input('step', [KEY_WORDS])];
const words = (...keys: (number | string)[]) => float32(keyWords(...keys), [KEY_WORDS]);
const feeds = (s: number, t: number) => ({ seed: words('seed', s), step: words('step', t) });

async function draw(shape: readonly number[], s = 1, t = 0, name = 'a'): Promise<Float32Array> {
  const { u } = await runOnnx({ u: randomUniform(seed, step, name, shape) }, feeds(s, t));
  expect(u!.shape).toEqual(shape);
  return u!.data as Float32Array;
}

test.each([[[]], [[5]], [[3, 7]], [[2, 3, 5]], [[2, 3, 4, 5]], [[4100, 2]]])(
  'the shape %j has the very numbers of the definition',
  async (shape) => {
    const { seed: s, step: t } = feeds(-3, 12345);
    const u = randomUniform(seed, step, 'layer', shape);
    const given = new Map(
      [[seed, s] as const, [step, t] as const].map(([tensor, { shape, data }]) => [
        tensor,
        { shape, data: Float64Array.from(data) },
      ]),
    );
    const [expected] = interpret([u], given);
    expect(Array.from(await draw(shape, -3, 12345, 'layer'))).toEqual([...expected!.data]);
  },
);

test('free sides draw what fixed ones do', async () => {
  const x = input('x', [2, 3, symbol('H'), symbol('W')]);
  const u = add(x, randomUniform(seed, step, 'a', x.shape));
  const zeros = float32(new Float32Array(2 * 3 * 4 * 5), [2, 3, 4, 5]);
  const { u: free } = await runOnnx({ u }, { x: zeros, ...feeds(1, 0) });
  expect(Array.from(free!.data)).toEqual(Array.from(await draw([2, 3, 4, 5])));
});

test('equal names are one, others are not merged', () => {
  const count = (...names: string[]) =>
    compile({
      outputs: Object.fromEntries(names.map((name, i) => [i, randomUniform(seed, step, name, [4, 4])])),
    }).length;
  expect(count('a', 'b')).toBeGreaterThan(1.5 * count('a'));
  expect(count('a', 'a')).toBeLessThan(1.1 * count('a'));
});

test('errors', () => {
  expect(() => randomUniform(input('s', [3]), step, 'a', [2])).toThrow(
    'randomUniform: expected seed of shape [8], received [3].',
  );
  expect(() => randomUniform(seed, step, '', [2])).toThrow(/a name/);
  expect(() => randomUniform(seed, step, 'a', [2, 2 ** 22 + 1])).toThrow(/at most 4194304.*smaller parts/);
});

const [ROWS, COLUMNS] = [64, 512];
const N = ROWS * COLUMNS;

/** Each of the figures as a number of standard deviations from what independent uniform numbers have. */
function figures(u: ArrayLike<number>): Record<string, number> {
  const values = Array.from(u);
  const sum = (f: (x: number, i: number) => number) => values.reduce((total, x, i) => total + f(x, i), 0);
  const chiSquare = (bin: (x: number) => number) => {
    const counts = new Float64Array(256);
    for (const x of values) counts[bin(x)]!++;
    const total = counts.reduce((all, count) => all + (count - N / 256) ** 2 / (N / 256), 0);
    return (total - 255) / Math.sqrt(2 * 255);
  };
  const serial = (lag: number) =>
    (12 * sum((x, i) => (i + lag < N ? (x - 0.5) * (values[i + lag]! - 0.5) : 0))) / Math.sqrt(N - lag);
  const bit = (x: number, k: number) => 2 * (Math.floor(x * 2 ** (k + 1)) % 2) - 1;
  const bits = Array.from({ length: 24 }, (_, k) => k);
  const worst = (numbers: number[]) => Math.max(...numbers.map(Math.abs));
  return {
    mean: (sum((x) => x - 0.5) * Math.sqrt(12)) / Math.sqrt(N),
    variance: sum((x) => 12 * (x - 0.5) ** 2 - 1) / Math.sqrt(N) / Math.sqrt(0.8),
    'chi-square, high byte': chiSquare((x) => Math.floor(x * 2 ** 8)),
    'chi-square, low byte': chiSquare((x) => (x * 2 ** 24) % 256),
    'along columns': serial(1),
    'along rows': serial(COLUMNS),
    // Of 24 of them the largest, about 2.9 where they are independent.
    'bits, along columns': worst(
      bits.map((k) => sum((x, i) => (i + 1 < N ? bit(x, k) * bit(values[i + 1]!, k) : 0)) / Math.sqrt(N)),
    ),
    'bits, along rows': worst(
      bits.map(
        (k) => sum((x, i) => (i + COLUMNS < N ? bit(x, k) * bit(values[i + COLUMNS]!, k) : 0)) / Math.sqrt(N),
      ),
    ),
  };
}

const correlation = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  (12 * Array.from(a).reduce((total, x, i) => total + (x - 0.5) * (b[i]! - 0.5), 0)) / Math.sqrt(N);

/** The share of the 24 bits that differ. */
function avalanche(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let differing = 0;
  for (let i = 0; i < N; i++) {
    for (let x = (a[i]! * 2 ** 24) ^ (b[i]! * 2 ** 24); x !== 0; x >>>= 1) differing += x & 1;
  }
  return differing / (24 * N);
}

describe('the numbers are as good as Philox’s', () => {
  const shape = [4, 16, 16, 32];
  const philox = (name: string) => {
    const random = generator(1, name);
    return Float32Array.from({ length: N }, () => (random.word() >>> 8) / 2 ** 24);
  };

  test('in distribution and serial correlation', async () => {
    for (const u of [philox('a'), await draw(shape), await draw(shape, 2, 7, 'b')]) {
      for (const [what, deviations] of Object.entries(figures(u))) {
        expect(Math.abs(deviations), what).toBeLessThan(4);
      }
    }
  });

  test('and another seed, step or name gives others, half of their bits', async () => {
    const u = await draw(shape);
    const pairs = {
      Philox: [philox('a'), philox('b')],
      seeds: [u, await draw(shape, 2)],
      steps: [u, await draw(shape, 1, 1)],
      names: [u, await draw(shape, 1, 0, 'b')],
    };
    for (const [what, [a, b]] of Object.entries(pairs)) {
      expect(Math.abs(correlation(a!, b!)), what).toBeLessThan(4);
      expect(Math.abs(avalanche(a!, b!) - 0.5), what).toBeLessThan(3e-3);
    }
  });
});
