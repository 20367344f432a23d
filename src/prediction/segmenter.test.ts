import { expect, test } from 'vitest';
import type { NdArray } from '../base/arrays.js';
import type { Pixels } from '../base/pixels.js';
import type { Session } from '../engine/runtime/index.js';
import { imagenetPixels, type ModelConfig } from '../model/index.js';
import { initialWeights } from '../training/index.js';
import { leastMemory } from './memory.js';
import type { SegmentOptions } from './segmentation.js';
import { Segmenter } from './segmenter.js';
import type { SegmenterOptions } from './segmenter-options.js';

const config: ModelConfig = {
  classes: 2,
  trunk: { name: 'mobilenetv2', width: 0.1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1], channels: 8, lowLevelChannels: 8, separable: true },
  attention: { name: 'transposed', depthwise: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
};
const weights = initialWeights(config, 1);
const classes = { names: ['a', 'b'], colors: [[0, 0, 0] as const, [9, 9, 9] as const], ignore: 255 as const };

/** Whose labels are an image's red values and whose attention is a 255th of them, and which sizes it was shown. */
function redSegmenter(imageSize?: { width: number; height: number }, options: SegmenterOptions = {}) {
  const shown: [width: number, height: number][] = [];
  const run = async ({ image }: Record<string, NdArray>) => {
    const [, height, width] = image!.shape as [number, number, number];
    shown.push([width, height]);
    const labels = Uint8Array.from({ length: width * height }, (_, i) => Number(image!.data[3 * i]));
    const attention = { data: Float32Array.from(labels, (label) => label / 255) };
    const map = { data: labels };
    return {
      check: { data: [0] },
      labels: map,
      'labels@1': map,
      'labels@0.5': map,
      'attention@0.5': attention,
    };
  };
  const open = async () => ({ run, dispose: async () => {} }) as unknown as Session;
  const model = { config, classes, weights, ...(imageSize && { imageSize }) };
  return { shown, segmenter: new Segmenter(model, open, options) };
}

/** Squares of 8×8 pixels, each of one red value, so that halving the sides mixes nothing but at their edges. */
function squares(width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data[3 * i] = red(i % width, Math.floor(i / width));
  return { data, width, height };
}
const red = (x: number, y: number) => 40 * ((x >> 3) % 3) + 100 * ((y >> 3) % 2);

test('a larger image is shown to the network reduced, and every pixel takes what its nearest one got', async () => {
  const { segmenter, shown } = redSegmenter({ width: 48, height: 40 });
  const { width, height, seen, labels, scales } = await segmenter.segment(squares(96, 80), { details: true });
  expect(shown).toEqual([[48, 40]]);
  expect([width, height, labels.length]).toEqual([96, 80, 96 * 80]);
  expect(seen).toEqual({ width: 48, height: 40 });
  for (let y = 0; y < 80; y++) {
    for (let x = 0; x < 96; x++) {
      expect(labels[y * 96 + x]).toBe(labels[(y & ~1) * 96 + (x & ~1)]);
      // Away from the edges, which the filter mixes.
      const isInside = (x & 7) > 1 && (x & 7) < 6 && (y & 7) > 1 && (y & 7) < 6;
      if (isInside) expect(labels[y * 96 + x]).toBe(red(x, y));
    }
  }
  expect(scales).toEqual([
    { scale: 1, labels },
    { scale: 0.5, labels, attention: Float32Array.from(labels, (label) => label / 255) },
  ]);
});

test('maxSide takes the place of the rule; smaller images, and all of a model that tells no size, are shown whole', async () => {
  const { segmenter, shown } = redSegmenter({ width: 48, height: 40 });
  for (const options of [{ maxSide: 64 }, { maxSide: 'none' }] as const) {
    const { labels } = await segmenter.segment(squares(96, 80), options);
    expect(labels).toHaveLength(96 * 80);
  }
  await segmenter.segment(squares(40, 48));
  expect(shown).toEqual([
    [64, 53],
    [96, 80],
    [40, 48],
  ]);
  const old = redSegmenter();
  const { labels, seen } = await old.segmenter.segment(squares(96, 80));
  expect(seen).toEqual({ width: 96, height: 80 });
  expect(labels).toEqual(Uint8Array.from({ length: 96 * 80 }, (_, i) => red(i % 96, Math.floor(i / 96))));
});

test.each<[string, unknown, unknown, RegExp]>([
  ['a path', 'street.png', {}, /^segment: expected an image as .*received "street\.png"\. .*decodeImage/],
  ['nothing', undefined, {}, /^segment: expected an image as .*received undefined/],
  ['no data', { width: 4, height: 4 }, {}, /received an object, width 4, height 4\./],
  ['a half pixel', { data: new Uint8Array(54), width: 4.5, height: 4 }, {}, /whole sides of at least 1/],
  [
    'alpha',
    { data: new Uint8Array(64), width: 4, height: 4 },
    {},
    /expected 48 bytes .*received 64\. .*alpha/,
  ],
  ['a wrong name', squares(96, 80), { maxside: 3 }, /received "maxside"\. Did you mean maxSide\?/],
  ['a text for maxSide', squares(96, 80), { maxSide: '640' }, /^segment: maxSide: .*received "640"/],
  ['maxSide 0', squares(96, 80), { maxSide: 0 }, /^segment: maxSide: expected .*received 0/],
  ['a scale for scales', squares(96, 80), { scales: 1 }, /^segment: scales: expected a list .*received 1/],
  ['another combination', squares(96, 80), { combine: 'avrage' }, /Did you mean average\?/],
  ['null', squares(96, 80), null, /^segment: options: expected an object, received null/],
  ['what is reduced too far', squares(96, 80), { maxSide: 20 }, /received 96×80, reduced to 20×17\. .*less/],
  [
    'what scale 1 would see',
    squares(24, 24),
    {},
    /at least 32×32 pixels for scale 0\.5, received 24×24\. Take a larger image, or leave out the small scales\.$/,
  ],
  [
    'what not even scale 1 would see',
    squares(9, 12),
    { scales: [1] },
    /at least 16×16 pixels for scale 1, received 9×12\. Take a larger image\. Or enlarge it for the network: --scales 2 --combine single\.$/,
  ],
])('%s is refused in words', async (_, image, options, message) => {
  const { segmenter, shown } = redSegmenter();
  const call = segmenter.segment(image as Pixels, options as SegmentOptions);
  await expect(call).rejects.toThrow(message);
  await expect(call).rejects.toMatchObject({ name: 'HmsaError' });
  expect(shown).toEqual([]);
});

test('an image that would fill the memory is refused with the way out, which then works', async () => {
  const choice = { scales: config.scales, combine: 'hierarchical' } as const;
  const memoryLimit = leastMemory(config, { width: 64, height: 50 }, choice);
  const { segmenter } = redSegmenter(undefined, { memoryLimit });
  await expect(segmenter.segment(squares(96, 80))).rejects.toThrow(
    /expected memory for the smallest tiles of 96×80 pixels, at least \d+ MB, .*--max-side/,
  );
  expect((await segmenter.segment(squares(96, 80), { maxSide: 60 })).seen).toEqual({ width: 60, height: 50 });
  await expect(segmenter.segment(squares(64, 48), { scales: [1, 2] })).rejects.toThrow(/leave out the large/);
});

test('what a refusal of a small image advises works', async () => {
  const { segmenter } = redSegmenter();
  await expect(segmenter.segment(squares(9, 12), { scales: [2], combine: 'single' })).resolves.toMatchObject({
    width: 9,
    height: 12,
  });
});
