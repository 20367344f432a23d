import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generator } from '../../base/random/index.js';
import type { Region, Sample, SamplePart } from '../index.js';
import { augment, neededRegion } from './augment.js';
import { type AugmentConfig, augmentPresets } from './config.js';

const random = generator(1, 'part');

function noisy(width: number, height: number): Sample {
  const image = new Uint8Array(width * height * 3).map(() => random.int(256));
  const label = new Uint8Array(width * height).map(() => random.int(19));
  return { image, label, width, height, id: 'noisy' };
}

function partOf({ image, label, ...whole }: Sample, { left, top, width, height }: Region): SamplePart {
  const rows = <T extends Uint8Array>(data: T, channels: number) => {
    const out = new Uint8Array(width * height * channels);
    for (let row = 0; row < height; row++) {
      const from = ((top + row) * whole.width + left) * channels;
      out.set(data.subarray(from, from + width * channels), row * width * channels);
    }
    return out;
  };
  return { id: whole.id, image: rows(image, 3), label: rows(label!, 1), left, top, width, height, whole };
}

const sides = fc.integer({ min: 1, max: 40 });
const crops = fc.record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) });
const centers = fc.option(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat()), { nil: undefined });
const configs = fc.oneof(
  crops.map((crop): AugmentConfig => augmentPresets.replication(crop)),
  crops.map((crop): AugmentConfig => augmentPresets.paper(crop)),
  crops.map((crop): AugmentConfig => ({ crop, scale: [0.2, 3] })),
  fc.constant<AugmentConfig>({ scale: [0.3, 1.5] }),
  fc.constant<AugmentConfig>({ flip: 0.5 }),
);

test('the needed part of a sample gives what the whole gives', () => {
  fc.assert(
    fc.property(sides, sides, configs, fc.nat(), centers, (width, height, config, seed, middle) => {
      const sample = noisy(width, height);
      const key = { seed, epoch: 1, position: 2 };
      const center = middle && { x: Math.floor(middle[0] * (width - 1)), y: middle[1] % height };
      const region = neededRegion(sample, config, key, center);
      expect(region.left + region.width).toBeLessThanOrEqual(width);
      expect(region.top + region.height).toBeLessThanOrEqual(height);
      const whole = augment(sample, config, key, center);
      expect(augment(partOf(sample, region), config, key, center)).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test('a crop without scaling needs its own pixels and no more', () => {
  const crop = { width: 10, height: 6 };
  const key = { seed: 1, epoch: 0, position: 0 };
  expect(neededRegion({ width: 40, height: 30 }, { crop }, key)).toMatchObject(crop);
});

test('a crop is written into the memory that is given, whatever was there', () => {
  const sample = noisy(20, 9);
  const config = augmentPresets.paper({ width: 16, height: 12 });
  for (let position = 0; position < 8; position++) {
    const key = { seed: 3, epoch: 0, position };
    const into = { image: new Uint8Array(16 * 12 * 3).fill(77), label: new Uint8Array(16 * 12).fill(77) };
    const out = augment(sample, config, key, undefined, into);
    expect(out.image).toBe(into.image);
    expect(out.label).toBe(into.label);
    expect(out).toEqual(augment(sample, config, key));
  }
});
