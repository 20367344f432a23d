import * as ort from 'onnxruntime-node';
import { afterAll, describe, expect, test } from 'vitest';
import { randomArray } from '../../tests/support/random-array.js';
import { randomWeights } from '../../tests/support/random-weights.js';
import { createSession, type NamedArrays, type Session } from '../engine/runtime/index.js';
import { type Combination, imagenetPixels, type ModelConfig } from '../model/index.js';
import { inferenceGraph } from './inference-graph.js';
import { JoinedResults } from './joined-results.js';
import type { Region } from './region.js';
import { AverageSums, type ImagePart, pixelsOf, type ScaleMaps, sizeAt } from './scale-feeds.js';
import { segmentTiles } from './segment-tiles.js';
import { SplitNetwork, type UseSession } from './split-network.js';
import { pixelSource } from './tile-source.js';
import { spansOf } from './tile-spans.js';

const opened = new Map<string, Promise<Session>>();
const useFor =
  (config: string): UseSession =>
  async (name, compile, task) => {
    const key = config + name;
    const known = opened.get(key) ?? createSession(ort as never, compile(), {});
    opened.set(key, known);
    return task(await known);
  };
afterAll(async () => {
  for (const session of opened.values()) await (await session).dispose();
});

const mobile = { name: 'mobilenetv2', width: 0.1, outputStride: 8 } as const;
const plus = {
  name: 'deeplabv3plus',
  asppRates: [1, 2],
  channels: 8,
  lowLevelChannels: 8,
  separable: true,
} as const;
const base: ModelConfig = {
  classes: 4,
  trunk: mobile,
  head: plus,
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const ocr = { name: 'ocr', channels: 8, keyChannels: 4, dropout: 0, alignCorners: true } as const;
const cases: Record<string, [Partial<ModelConfig>, scales?: number[], combine?: Combination]> = {
  'DeepLabV3+, transposed attention': [{}, [0.5, 1]],
  'the same padding, attention of the paper': [
    { trunk: { ...mobile, padding: 'same' }, attention: { name: 'paper', channels: 4 } },
    [1, 0.7],
  ],
  'NVIDIA’s DeepLabV3+, adjacent attention': [
    {
      head: { name: 'deeplabv3plus-nvidia', asppRates: [2], channels: 8, lowLevelChannels: 4 },
      attention: { name: 'adjacent', channels: 4 },
    },
    [1, 1.5],
  ],
  'DeepLabV3+ of smp, explicit attention': [
    {
      head: {
        name: 'deeplabv3plus-smp',
        asppRates: [2],
        channels: 8,
        lowLevelChannels: 4,
        separable: true,
        dropout: 0,
      },
      attention: { name: 'explicit', channels: 4 },
    },
    [0.5, 1],
  ],
  'DeepLabV3, averaged': [
    {
      head: { name: 'deeplabv3', asppRates: [1], channels: 8, dropout: 0 },
      attention: { name: 'none' },
      scales: [1],
    },
    [0.5, 1],
    'average',
  ],
  'OCR, maximum': [{ head: ocr }, [0.5, 1], 'max'],
  'HRNet, plain head': [{ trunk: { name: 'hrnetv2', width: 4 }, head: { name: 'plain', channels: 8 } }, [1]],
};

const image = { width: 77, height: 59 };
const pixels = Uint8Array.from(randomArray(image.width * image.height * 3, 7), (x, i) =>
  Math.max(0, Math.min(255, 128 + 80 * Math.sin(i / 900) + 60 * x)),
);
const read = ({ x, y, width, height }: Region): ImagePart => {
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * image.width + x) * 3;
    data.set(pixels.subarray(from, from + width * 3), row * width * 3);
  }
  return { x, y, width, height, data };
};
const outputs = { labels: true, logits: true, details: true, confidence: true, check: true };

describe.each(Object.entries(cases))('%s', (_, [overrides, scales = [0.5, 1], combine = 'hierarchical']) => {
  const config: ModelConfig = { ...base, ...overrides };
  const weights = randomWeights(config);
  const options = { scales: [...scales].sort((a, b) => b - a), combine, ...outputs };
  const use = useFor(JSON.stringify([config, scales, combine]));
  const network = new SplitNetwork(config, { weights }, options, use);

  test('the graphs of the scales and of the combination compute what the graph of all computes', async () => {
    const expected = await use(
      `whole ${JSON.stringify(options)}`,
      () => inferenceGraph(config, weights, options),
      (session) =>
        session.run({ image: { dtype: 'uint8', shape: [1, image.height, image.width, 3], data: pixels } }),
    );
    const maps = new Map<number, ScaleMaps>();
    for (const graph of network.graphs.scales) {
      const { scale, averages, stride } = graph;
      const { width, height } = sizeAt(image, scale);
      const tile = { x: 0, y: 0, width, height };
      const part = read(pixelsOf(image, scale, tile));
      const sums = new AverageSums(averages);
      if (graph.measuring) {
        // In two parts, each of which sees everything but counts its own.
        const left = Math.ceil(width / 2 / stride) * stride;
        for (const own of [
          { ...tile, width: left },
          { ...tile, x: left, width: width - left },
        ]) {
          sums.add(await network.measure(image, scale, tile, part, own));
        }
      }
      maps.set(scale, await network.tile(image, scale, tile, part, sums.values));
    }
    for (const region of [
      { x: 0, y: 0, ...image },
      { x: 20, y: 33, width: 31, height: 26 },
    ]) {
      const actual = await network.combine(image, region, maps);
      expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, { data, shape }] of Object.entries(actual)) {
        if (name === 'check') continue;
        const whole = expected[name]!;
        expect(shape.slice(-2)).toEqual([region.height, region.width]);
        let [worst, most, different] = [0, 1, 0];
        data.forEach((value: number | bigint, i: number) => {
          const [x, rest] = [i % region.width, Math.floor(i / region.width)];
          const [y, c] = [rest % region.height, Math.floor(rest / region.height)];
          const at = (c * image.height + y + region.y) * image.width + x + region.x;
          const difference = Math.abs(Number(value) - Number(whole.data[at]));
          worst = Math.max(worst, difference);
          most = Math.max(most, Math.abs(Number(value)));
          if (difference > 0) different++;
        });
        // Labels differ only where two classes are as good as equal.
        if (name.startsWith('labels')) expect(different / data.length, name).toBeLessThan(0.002);
        else expect(worst, name).toBeLessThan(1e-3 * most);
      }
    }
  });
});

test('tiles that overlap by all that the network sees give what the whole image gives, image pooling included', async () => {
  // Without ASPP beyond the neighbours, so that a halo of 96 pixels covers the kernels.
  const head = { ...plus, asppRates: [] };
  const config: ModelConfig = { ...base, trunk: { ...mobile, width: 0.1 }, head };
  const weights = randomWeights(config);
  const use = useFor('tiles');
  const size = { width: 523, height: 83 };
  const data = Uint8Array.from(randomArray(size.width * size.height * 3, 9), (x, i) =>
    Math.max(0, Math.min(255, 128 + 80 * Math.sin(i / 1700) + 60 * x)),
  );
  const options = {
    scales: [1, 0.5],
    combine: 'hierarchical' as const,
    labels: true,
    logits: true,
    check: true,
  };
  const expected = await use(
    'whole',
    () => inferenceGraph(config, weights, options),
    (session) => session.run({ image: { dtype: 'uint8', shape: [1, size.height, size.width, 3], data } }),
  );
  const network = new SplitNetwork(config, { weights }, options, use);
  const scales = network.graphs.scales.map(({ scale, stride }) => ({
    scale,
    down: spansOf(Math.floor(size.height * scale), stride, 96, 512)!,
    across: spansOf(Math.floor(size.width * scale), stride, 96, 320)!,
  }));
  expect(scales.map(({ across }) => across.length)).toEqual([3, 1]);
  const whole = new JoinedResults(size);
  const shares: number[] = [];
  await segmentTiles(
    network,
    pixelSource({ ...size, data }),
    { scales, region: { width: 200, height: 32 } },
    {
      onRegion: whole.add,
      onProgress: (share) => {
        shares.push(share);
      },
    },
  );
  expect(shares.at(-1)).toBe(1);
  const numbers = (name: string, results: NamedArrays) => Array.from(results[name]!.data as Float32Array);
  const [actual, exact] = [whole.results, expected].map((results) => numbers('logits', results)) as [
    number[],
    number[],
  ];
  expect(whole.results.logits!.shape).toEqual(expected.logits!.shape);
  const largest = (values: number[]) => values.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expect(largest(actual.map((x, i) => x - exact[i]!)) / largest(exact)).toBeLessThan(0.01);
  const [labels, wanted] = [numbers('labels', whole.results), numbers('labels', expected)];
  const same = labels.filter((label, i) => label === wanted[i]).length;
  expect(same / labels.length).toBeGreaterThan(0.995);
});
