import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { smallModels } from '../../tests/contract/small-models.js';
import { randomWeights } from '../../tests/support/random-weights.js';
import { runFile } from '../../tests/support/run-onnx.js';
import { uint8 } from '../base/arrays.js';
import { onnxMetadata } from '../engine/onnx/lower.js';
import { createSession, type OrtModule } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import type { ModelConfig } from '../model/index.js';
import { exportOnnx, Segmenter } from './index.js';

const [config] = Object.values(smallModels) as [ModelConfig];
const names = Array.from({ length: config.classes }, (_, i) => `class ${i}`);
const classes = { names, colors: names.map((_, i) => [i, 2 * i, 9] as const), ignore: 255 as const };
const model: Model = {
  config,
  classes,
  imageSize: { width: 80, height: 60 },
  weights: randomWeights(config),
};

const [height, width] = [37, 50];
const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * i * 7) % 256);
const image = uint8(data, [1, height, width, 3]);

test('the file gives the labels and attention of the segmenter, for any size and for one', async () => {
  const open = (graph: Uint8Array) => createSession(ort as unknown as OrtModule, graph, { threads: 1 });
  const segmenter = new Segmenter(model, open);
  const scales = [0.5, 1, 1.5];
  const own = await segmenter.segment({ width, height, data }, { scales, details: true });
  await segmenter.dispose();
  for (const size of [undefined, [height, width] as const]) {
    const file = exportOnnx(model, { scales, outputs: 'all', ...(size && { size }) });
    const results = await runFile(file, { image });
    expect(Object.keys(results)).toEqual([
      'labels',
      'logits',
      'labels@1.5',
      'labels@1',
      'attention@1',
      'labels@0.5',
      'attention@0.5',
    ]);
    expect(results.labels!.shape).toEqual([1, height, width]);
    expect(results.labels!.data).toEqual(own.labels);
    expect(results.logits!.shape).toEqual([1, config.classes, height, width]);
    for (const { scale, labels, attention } of own.scales!) {
      expect(results[`labels@${scale}`]!.data).toEqual(labels);
      if (attention === undefined) continue;
      const exported = results[`attention@${scale}`]!.data as Float32Array;
      expect(Math.max(...exported.map((value, i) => Math.abs(value - attention[i]!)))).toBeLessThan(1e-5);
    }
    // The label is the class of the highest score.
    const scores = Array.from({ length: config.classes }, (_, c) =>
      Number(results.logits!.data[c * height * width + 99]),
    );
    expect(own.labels[99]).toBe(scores.indexOf(Math.max(...scores)));
  }
});

test('a file computes what it is asked for', async () => {
  const outputs = async (choice: Parameters<typeof exportOnnx>[1]) =>
    Object.keys(await runFile(exportOnnx(model, choice), { image }));
  expect(await outputs({})).toEqual(['labels']);
  expect(await outputs({ outputs: 'logits', combine: 'single', scales: [0.5] })).toEqual(['logits']);
});

test('the metadata say what the file is, and equal exports are equal', () => {
  const provenance = { model_sha256: 'abc' };
  const choice = {
    scales: [0.5, 1],
    combine: 'max',
    outputs: 'logits',
    version: '9.8.7',
    provenance,
  } as const;
  const file = exportOnnx(model, choice);
  expect(Buffer.from(exportOnnx(model, choice)).equals(file)).toBe(true);
  const { classes: listed, config: written, outputs, ...rest } = onnxMetadata(file);
  expect(JSON.parse(listed!)[3]).toEqual({ label: 3, name: 'class 3', color: [3, 6, 9] });
  expect(JSON.parse(written!)).toEqual(config);
  expect(JSON.parse(outputs!)).toEqual({
    logits: 'float32 [1, 5, H, W]: the highest probability of all scales',
  });
  expect(rest).toEqual({
    model_sha256: 'abc',
    input: 'image: uint8 [1, H, W, 3], RGB, 0 to 255. The file normalises it: (value - mean) / deviation.',
    mean: '[123.675,116.28,103.53]',
    deviation: '[58.395,57.12,57.375]',
    scales: '[1,0.5]',
    combine: 'max',
    image_size: '[60,80]',
    smallest_side: '32',
  });
});

describe('what cannot be exported is refused', () => {
  test.each([
    [
      { size: [31, 64] },
      'size: expected at least 32 pixels on each side for scale 0.5, received a height of 31 and a width of 64. Export for',
    ],
    [{ size: [64] }, 'exportOnnx, size: expected'],
    [
      { size: [60_000, 60_000], scales: [0.5, 1] },
      'size: expected at most 16.8 million pixels at the highest scale, with 5 classes, received 60000×60000 at scale 1, which is 3,600 million. Export for smaller images, or',
    ],
    [{ size: [4096, 4096], scales: [1, 2] }, 'received 4096×4096 at scale 2, which is 67.1 million'],
    [
      { scales: [0.5] },
      'scales: expected 1 among the scales of the hierarchical combination, received [0.5].',
    ],
    [{ combine: 'mean' }, 'exportOnnx, combine: expected'],
    [{ outputs: 'probabilities' }, 'exportOnnx, outputs: expected'],
  ])('%j', (options, message) => {
    expect(() => exportOnnx(model, options as never)).toThrow(message);
  });

  test('metadata of other bytes', () => {
    for (const bytes of [[], [1, 2, 3], [8, 10]])
      expect(() => onnxMetadata(Uint8Array.from(bytes), 'x.onnx')).toThrow(
        /^x\.onnx: expected an ONNX file, received \d bytes/,
      );
  });
});
