import * as ort from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';
import { randomArray } from '../../tests/support/random-array.js';
import { randomWeights } from '../../tests/support/random-weights.js';
import { uint8 } from '../base/arrays.js';
import type { Pixels } from '../base/pixels.js';
import { createSession, type Session } from '../engine/runtime/index.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { exportOnnx } from './export-onnx.js';
import { averageOf } from './flip.js';
import { JoinedResults } from './joined-results.js';
import type { LabelRows } from './label-rows.js';
import type { Region } from './region.js';
import { segmentTiles } from './segment-tiles.js';
import { Segmenter } from './segmenter.js';
import { SplitNetwork } from './split-network.js';
import { pixelSource } from './tile-source.js';
import { spansOf } from './tile-spans.js';

const config: ModelConfig = {
  classes: 4,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 8 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 8, lowLevelChannels: 8, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const classes = {
  names: ['a', 'b', 'c', 'd'],
  colors: [0, 1, 2, 3].map((id) => [id, id, id] as const),
  ignore: 255 as const,
};
const model = { config, classes, weights: randomWeights(config) };
const open = (graph: Uint8Array): Promise<Session> => createSession(ort as never, graph, {});
const segmenter = new Segmenter(model, open);
afterAll(() => segmenter.dispose());

const picture = (width: number, height: number, seed: number): Pixels => ({
  data: Uint8Array.from(randomArray(width * height * 3, seed), (x, i) =>
    Math.max(0, Math.min(255, 128 + 80 * Math.sin(i / 900) + 60 * x)),
  ),
  width,
  height,
});
const everything = { confidence: true, attention: true, details: true, logits: true };
const large = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

test('images in batches, one after the other, at once, row by row and in an exported file have the same results', async () => {
  const images = [picture(77, 59, 1), picture(64, 80, 2), picture(77, 59, 3), picture(77, 59, 4)];
  const alone = [];
  for (const image of images) alone.push(await segmenter.segment(image, everything));
  const routes = {
    batch: await segmenter.segmentBatch(images, everything),
    concurrent: await Promise.all(images.map((image) => segmenter.segment(image, everything))),
  };
  for (const results of Object.values(routes)) {
    for (const [i, result] of results.entries()) {
      expect(result.labels).toEqual(alone[i]!.labels);
      expect(result.scales!.map(({ labels }) => labels)).toEqual(
        alone[i]!.scales!.map(({ labels }) => labels),
      );
      expect(large(result.logits!, alone[i]!.logits!)).toBeLessThan(1e-4);
      expect(large(result.confidence!, alone[i]!.confidence!)).toBeLessThan(1e-5);
      expect([...result.attention!.keys()]).toEqual([...alone[i]!.attention!.keys()]);
    }
  }
  const rows: LabelRows[] = [];
  await segmenter.segmentRows(pixelSource(images[0]!), { write: (each) => void rows.push(each) }, everything);
  const joined = (part: (each: LabelRows) => ArrayLike<number>) =>
    rows.flatMap((each) => Array.from(part(each)));
  expect(joined(({ labels }) => labels)).toEqual([...alone[0]!.labels]);
  expect(joined(({ confidence }) => confidence!)).toEqual([...alone[0]!.confidence!]);
  expect(joined(({ attention }) => attention!.get(0.5)!)).toEqual([...alone[0]!.attention!.get(0.5)!]);
  expect(joined(({ scales }) => scales![1]!.labels)).toEqual([...alone[0]!.scales![1]!.labels]);
  const exported = await open(exportOnnx(model));
  for (const [i, { data, width, height }] of images.entries()) {
    const { labels } = await exported.run({ image: uint8(data, [1, height, width, 3]) });
    expect(labels!.data).toEqual(alone[i]!.labels);
  }
  await exported.dispose();
});

const sourceOf = (read: () => unknown) => ({ width: 77, height: 59, read: async () => read() });
test.each([
  ['nothing', sourceOf(() => undefined), /read: expected an image as .* received undefined/],
  ['bytes alone', sourceOf(() => new Uint8Array(77 * 59 * 3)), /read: expected an image as/],
  [
    'RGBA',
    sourceOf(() => ({ ...picture(77, 59, 1), data: new Uint8Array(77 * 59 * 4) })),
    /Leave out the alpha/,
  ],
  [
    'another rectangle',
    sourceOf(() => picture(59, 77, 1)),
    /expected 77×59 pixels.* received "?59×77 pixels/,
  ],
  [
    'another place',
    sourceOf(() => ({ ...picture(77, 59, 1), x: 8, y: 0 })),
    /expected 77×59 pixels from 0, 0, as asked for, received "?77×59 pixels from 8, 0/,
  ],
  ['no source', null, /expected a source of rectangles/],
  ['sides that are none', { ...sourceOf(() => picture(77, 59, 1)), width: 77.5 }, /whole sides/],
  ['no function', { width: 77, height: 59 }, /expected a source of rectangles/],
])('rows of a source that gives %s are refused', async (_, source, message) => {
  const call = segmenter.segmentRows(source as never, { write: () => undefined });
  await expect(call).rejects.toThrow(message);
  await expect(call).rejects.toMatchObject({ name: 'HmsaError' });
});

test('rows need a sink', async () => {
  const call = segmenter.segmentRows(pixelSource(picture(77, 59, 1)), {} as never);
  await expect(call).rejects.toThrow(/segmentRows: expected what takes the rows, as { write }/);
});

test('the mirror image in tiles is averaged as that of the whole image', async () => {
  const image = picture(77, 59, 5);
  const whole = await segmenter.segment(image, { flip: true, ...everything });
  const plain = await segmenter.segment(image, { logits: true });
  expect(large(whole.logits!, plain.logits!)).toBeGreaterThan(1e-3);
  const scales = [1, 0.5];
  const sessions = new Map<string, Promise<Session>>();
  const options = { scales, combine: 'hierarchical', logits: true, labels: false, check: true } as const;
  const network = new SplitNetwork(
    config,
    { weights: model.weights },
    options,
    async (key, compile, task) => {
      const known = sessions.get(key) ?? open(compile());
      sessions.set(key, known);
      return task(await known);
    },
  );
  const tiles = network.graphs.scales.map(({ scale, stride }) => ({
    scale,
    down: spansOf(Math.floor(image.height * scale), stride, 1, 4096)!,
    across: spansOf(Math.floor(image.width * scale), stride, 1, 4096)!,
  }));
  const joined = new JoinedResults(image);
  const shares: number[] = [];
  await segmentTiles(
    network,
    pixelSource(image),
    { scales: tiles, region: { width: 40, height: 16 } },
    { onRegion: joined.add, onProgress: (share) => shares.push(share) },
    averageOf({ combine: 'hierarchical', confidence: true, logits: true }),
  );
  const { labels, logits, confidence } = joined.results;
  expect(large(logits!.data as Float32Array, whole.logits!)).toBeLessThan(1e-5);
  expect(large(confidence!.data as Float32Array, whole.confidence!)).toBeLessThan(1e-5);
  const different = Array.from(whole.labels, (label, i) => label !== labels!.data[i]).filter(Boolean).length;
  expect(different).toBeLessThan(3);
  expect(shares.at(-1)).toBe(1);
  for (const session of sessions.values()) await (await session).dispose();
});

test('a rectangle without a place is refused in words', async () => {
  const region = { width: 4, height: 4 } as Region;
  await expect(pixelSource(picture(77, 59, 1)).read(region)).rejects.toThrow(
    /^TileSource\.read: expected a rectangle/,
  );
});
