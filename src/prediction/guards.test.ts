import * as ort from 'onnxruntime-node';
import { afterAll, expect, test } from 'vitest';
import { smallModels } from '../../tests/contract/small-models.js';
import { randomWeights } from '../../tests/support/random-weights.js';
import { float32 } from '../base/arrays.js';
import { createSession, type OrtModule } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import type { ModelConfig } from '../model/index.js';
import { Segmenter } from './index.js';

const [config] = Object.values(smallModels) as [ModelConfig];
const weights = randomWeights(config);
const names = Array.from({ length: config.classes }, (_, i) => `class ${i}`);
const classes = { names, colors: names.map((_, i) => [i, 0, 0] as const), ignore: 255 as const };
const model: Model = { config, classes, weights };

const opened: Segmenter[] = [];
afterAll(() => Promise.all(opened.map((segmenter) => segmenter.dispose())));
function segmenter(changes: Partial<Model> = {}): Segmenter {
  const made = new Segmenter(
    { ...model, ...changes },
    (graph, options) => createSession(ort as unknown as OrtModule, graph, options),
    { threads: 1 },
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

test('a second dispose waits as the first does, and calls under way settle', async () => {
  const made = segmenter();
  const running = made.segment(photo(64, 48));
  let isDone = false;
  const first = made.dispose().then(() => {
    isDone = true;
  });
  await made.dispose();
  expect(isDone).toBe(true);
  await Promise.all([first, running]);
  await expect(made.segment(photo(64, 48))).rejects.toThrow(/received a disposed model/);
});
