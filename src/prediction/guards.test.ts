import * as ort from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';
import { smallModels } from '../../tests/contract/small-models.js';
import { randomWeights } from '../../tests/support/random-weights.js';
import { float32 } from '../base/arrays.js';
import { createSession, type OrtModule } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import type { ModelConfig } from '../model/index.js';
import { type Region, Segmenter, type SegmenterOptions, type TileProgress } from './index.js';

const [config] = Object.values(smallModels) as [ModelConfig];
const weights = randomWeights(config);
const names = Array.from({ length: config.classes }, (_, i) => `class ${i}`);
const classes = { names, colors: names.map((_, i) => [i, 0, 0] as const), ignore: 255 as const };
const model: Model = { config, classes, weights };

const opened: Segmenter[] = [];
afterAll(() => Promise.all(opened.map((segmenter) => segmenter.dispose())));
/** Bytes in which a photograph of 1200×900 pixels is computed in tiles. */
const TILED = 330e6;
function segmenter(changes: Partial<Model> = {}, options: SegmenterOptions = {}): Segmenter {
  const made = new Segmenter(
    { ...model, ...changes },
    (graph, options) => createSession(ort as unknown as OrtModule, graph, options),
    { threads: 1, ...options },
  );
  opened.push(made);
  return made;
}
const photo = (width: number, height: number) => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(100),
});

test('output of the network that is not finite is an error', async () => {
  const name = 'head.classifier.weight';
  const { shape, data } = weights.get(name)!;
  const huge = float32(
    data.map((_, i) => (i % 2 === 0 ? 3e38 : -3e38)),
    shape,
  );
  const broken = segmenter({ weights: new Map(weights).set(name, huge) });
  await expect(broken.segment(photo(64, 48))).rejects.toThrow(
    /^segment: expected finite output of the network, received NaN or infinity\. /,
  );
});

test('a whole model passes, details too', async () => {
  const { labels, scales } = await segmenter().segment(photo(64, 48), { details: true });
  expect(labels).toHaveLength(64 * 48);
  expect(scales!.map(({ scale }) => scale)).toEqual([1, 0.5]);
});

test('scales beyond what any machine computes are refused', async () => {
  const large = segmenter();
  for (const scales of [
    [1, 17],
    [1, Number.NaN],
    [],
    'x',
    [1, '2'],
    Array.from({ length: 17 }, (_, i) => i + 1),
  ]) {
    await expect(large.segment(photo(64, 48), { scales: scales as number[] })).rejects.toThrow(
      /^(segment: )?scales: expected /,
    );
  }
});

test('a high scale is computed for small images alone', async () => {
  const made = segmenter();
  const scales = [1, 16];
  await expect(made.segment(photo(480, 360), { scales })).rejects.toThrow(
    'expected at most 8.39 million pixels at a scale above 2, received 480×360 at scale 16, which is 44.2 million. Give lower',
  );
  await expect(made.segmentBatch([photo(480, 360)], { scales })).rejects.toThrow('at a scale above 2');
  const { labels } = await made.segment(photo(48, 32), { scales: [1, 4] });
  expect(labels).toHaveLength(48 * 32);
});

/** Calls that compute several graphs, or one graph several times, one after the other. */
const calls: Record<string, (made: Segmenter) => Promise<unknown>> = {
  whole: (made) => made.segment(photo(64, 48)),
  mirrored: (made) => made.segment(photo(64, 48), { flip: true }),
  tiles: (made) => made.segment(photo(1200, 900), { details: true }),
  batch: (made) => made.segmentBatch([photo(64, 48), photo(48, 64), photo(64, 48)]),
  rows: (made) => {
    const read = async (region: Region) => ({ ...region, ...photo(region.width, region.height) });
    return made.segmentRows({ width: 1200, height: 900, read }, { write() {} });
  },
  ways: (made) =>
    made.segmentWays(photo(64, 48), [
      { scales: [1], combine: 'single' },
      { scales: [1, 0.5], combine: 'average' },
    ]),
  preparation: (made) => made.prepare(),
};

test.each(Object.entries(calls))(
  'dispose waits for a call that was made before, and refuses the next: %s',
  async (_, call) => {
    for (const isUnderWay of [false, true]) {
      const made = segmenter({}, { memoryLimit: TILED });
      const ended: string[] = [];
      const running = call(made).then(() => ended.push('call'));
      if (isUnderWay) await new Promise((resolve) => setTimeout(resolve, 30));
      const first = made.dispose();
      await Promise.all([made.dispose(), first.then(() => ended.push('dispose'))]);
      await running;
      expect(ended).toEqual(['call', 'dispose']);
      await expect(call(made)).rejects.toThrow(/received a disposed model/);
    }
  },
);

test('the progress of an image in tiles is told as an option, up to its last tile', async () => {
  const made = segmenter({}, { memoryLimit: TILED });
  const told: (readonly [share: number, done: number, total: number])[] = [];
  const often: number[] = [];
  const onProgress: TileProgress = (share, { done, total, times }) => {
    told.push([share, done, total]);
    often.push(times);
  };
  await made.segment(photo(1200, 900), { onProgress });
  const [, , total] = told[0]!;
  expect(total).toBeGreaterThan(1);
  expect(told.map(([, done]) => done)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
  expect(told.at(-1)![0]).toBe(1);
  expect(often[0]).toBeGreaterThan(1);
  const failing = made.segment(photo(1200, 900), { onProgress: () => Promise.reject(new Error('enough')) });
  await expect(failing).rejects.toThrow('enough');
  const wrong = made.segment(photo(64, 48), { onProgress: 'x' as never });
  await expect(wrong).rejects.toThrow('segment: onProgress: expected a function, received "x".');
  const rows = made.segmentRows(photo(64, 48) as never, { write() {} }, { onPlan: 1 as never });
  await expect(rows).rejects.toThrow('segment: onPlan: expected a function, received 1.');
});
