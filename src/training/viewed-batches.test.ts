import { expect, test } from 'vitest';
import { HmsaError } from '../base/errors/index.js';
import type { Batch } from '../data/index.js';
import { memoryScratch, type Scratch, type ViewedOptions, viewedBatches } from './viewed-batches.js';

const size = [1, 2, 2] as const;
const FEATURES = 3;
/** Of a batch: three numbers in float16, four labels. */
const BYTES = 10;

/** The batch of a number holds that number; so do its features. */
const batchOf = (number: number): Batch => ({
  images: new Uint8Array(12).fill(number),
  labels: new Uint8Array(4).fill(number),
  size,
});

/** Two views, six epochs of three steps of two batches, after a phase of ten steps. */
async function run(changes: { from?: number; most?: number; scratch?: Scratch; abort?: boolean } = {}) {
  const { from = 10, most = Number.POSITIVE_INFINITY, scratch, abort = false } = changes;
  const controller = new AbortController();
  const [loaded, computed, said]: [number[], number[], string[]] = [[], [], []];
  const options: ViewedOptions = {
    training: { seed: 1, accumulate: 2, batch: 1, crop: [2, 2] },
    phase: {
      kind: 'attention',
      epochs: 6,
      schedule: { kind: 'constant', rate: 1 },
      views: 2,
      index: 1,
      from: 10,
      to: 28,
    },
    stepsPerEpoch: 3,
    from,
    source: {
      shapes: { f: [FEATURES] },
      async features({ images, labels, size }) {
        computed.push(images[0]!);
        if (abort) controller.abort();
        const data = new Uint16Array(FEATURES).fill(images[0]!);
        return { features: { f: { dtype: 'float16', shape: [FEATURES], data } }, labels, size };
      },
    },
    async *batches(numbers) {
      for (const number of numbers) {
        loaded.push(number);
        yield batchOf(number);
      }
    },
    openScratch: async (wanted) => scratch ?? memoryScratch(Math.min(wanted, most)),
    signal: controller.signal,
    say: (what) => void said.push(what),
  };
  const steps: number[][] = [];
  for await (const taken of viewedBatches(options)) {
    for (const { features, labels } of taken) {
      expect(features.f!.data).toHaveLength(FEATURES);
      expect(Number(features.f!.data[2])).toBe(labels[3]);
    }
    steps.push(taken.map(({ labels }) => labels[0]!));
  }
  return { steps, loaded, computed, said };
}

const numbers = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

test('the batches of the first epochs come again, those of an epoch together, in another order', async () => {
  const { steps, loaded, said } = await run();
  const epochs = [0, 3, 6, 9, 12, 15].map((i) => steps.slice(i, i + 3).flat());
  const sorted = (list: readonly number[] = []) => [...list].sort((a, b) => a - b);
  const [first, second] = [numbers(20, 6), numbers(26, 6)];
  expect(epochs.slice(0, 2)).toEqual([first, second]);
  expect(epochs.map(sorted)).toEqual([first, second, first, second, first, second]);
  for (const again of epochs.slice(2)) expect(again).not.toEqual(sorted(again));
  expect(epochs[4]).not.toEqual(epochs[2]);
  expect(loaded).toEqual([...first, ...second]);
  expect(said).toEqual(['keeping the features of 12 batches, 1 MB']);
});

test.each([0, 3 * BYTES, 11 * BYTES + 9])('with room for %d bytes the batches are the same', async (most) => {
  const { steps, loaded, said } = await run({ most });
  expect(steps).toEqual((await run()).steps);
  const kept = Math.floor(most / BYTES);
  // Each batch that is not kept is computed in each of three rounds.
  expect(loaded).toHaveLength(12 + 2 * (12 - kept));
  expect(said[0]).toMatch(new RegExp(`^keeping the features of ${kept} of 12 batches, .*no room`));
});

test('from any step on the batches are the same, and only what comes again is computed first', async () => {
  const { steps } = await run();
  for (const from of [11, 13, 16, 22, 25, 27]) {
    const resumed = await run({ from });
    expect(resumed.steps).toEqual(steps.slice(from - 10));
    const later = new Set(resumed.steps.flat());
    expect(new Set(resumed.computed)).toEqual(later);
    expect(resumed.computed).toHaveLength(later.size);
  }
});

test('a disk that fills up ends the keeping, not the training', async () => {
  const memory = memoryScratch(12 * BYTES);
  const full = new HmsaError({ operation: 'scratch', expected: 'a place', received: 'a full disk' });
  const write = async (at: number, bytes: Uint8Array) => {
    if (at >= 5 * BYTES) throw full;
    await memory.write(at, bytes);
  };
  const { steps, loaded, said } = await run({ scratch: { ...memory, write } });
  expect(steps).toEqual((await run()).steps);
  expect(loaded).toHaveLength(12 + 2 * 7);
  expect(said[1]).toBe(`keeping the features of 5 batches alone: ${full.message}`);
});

test('an abort ends the computing of earlier features', async () => {
  const { steps, computed } = await run({ from: 22, abort: true });
  expect(steps).toEqual([]);
  expect(computed).toHaveLength(1);
});

test('the bytes are deleted at the end', async () => {
  let closed = 0;
  const memory = memoryScratch(12 * BYTES);
  await run({ scratch: { ...memory, close: async () => void closed++ } });
  expect(closed).toBe(1);
});
