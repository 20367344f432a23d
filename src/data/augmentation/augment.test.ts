import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HmsaError } from '../../base/errors/index.js';
import { type Sample, VOID } from '../index.js';
import { augment } from './augment.js';
import { type AugmentConfig, augmentPresets, checkAugmentConfig } from './config.js';
import { PADDING } from './window.js';

/** A picture whose red and green are the label, so that a label that left its pixels shows. */
function marked(width: number, height: number, label: (at: number) => number): Sample {
  const labels = Uint8Array.from({ length: width * height }, (_, at) => label(at));
  const image = new Uint8Array(width * height * 3);
  labels.forEach((id, at) => {
    image.set([id, 255 - id, at % 251], at * 3);
  });
  return { image, label: labels, width, height, id: 'marked' };
}

const sides = fc.integer({ min: 1, max: 24 });
const seeds = fc.integer({ min: 0, max: 1e6 });
const samples = fc
  .tuple(sides, sides, seeds)
  .map(([width, height, salt]) =>
    marked(width, height, (at) => ((at * 31 + salt) % 7 === 0 ? VOID : (at + salt) % 19)),
  );
const key = (seed: number) => ({ seed, epoch: 3, position: 5 });

/** Every pixel still carries its label, or is padding and void. */
function expectTogether({ image, label, width, height }: Sample): void {
  expect(image).toHaveLength(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const [red, green] = [image[at * 3]!, image[at * 3 + 1]!];
    if (red === PADDING[0] && green === PADDING[1]) expect(label![at]).toBe(VOID);
    else expect([label![at], 255 - label![at]!]).toEqual([red, green]);
  }
}

describe('labels move with their pixels', () => {
  test('under crops, padded or not', () => {
    fc.assert(
      fc.property(samples, sides, sides, seeds, (sample, width, height, seed) => {
        const out = augment(sample, { crop: { width, height } }, key(seed));
        expect([out.width, out.height]).toEqual([width, height]);
        expectTogether(out);
      }),
    );
  });

  test('under flips, twice of which is nothing', () => {
    fc.assert(
      fc.property(samples, seeds, (sample, seed) => {
        const once = augment(sample, { flip: 1 }, key(seed));
        expectTogether(once);
        expect(once.label!.subarray(0, sample.width)).toEqual(sample.label!.slice(0, sample.width).reverse());
        const twice = augment(once, { flip: 1 }, key(seed));
        expect(twice.image).toEqual(sample.image);
        expect(twice.label).toEqual(sample.label);
      }),
    );
  });

  test('under whole enlargements, where blocks of the image keep their label', () => {
    const sample = marked(6, 4, (at) => (at % 6 < 3 ? 2 : 9));
    const out = augment(sample, { scale: [3, 3] }, key(1));
    expect([out.width, out.height]).toEqual([18, 12]);
    for (let at = 0; at < out.label!.length; at++) {
      expect(out.label![at]).toBe(at % 18 < 9 ? 2 : 9);
      const column = at % 18;
      if (column < 7 || column > 10) expect(out.image[at * 3]).toBe(out.label![at]);
    }
  });
});

test('labels are never interpolated: scaling gives no label that was not there, and void stays void', () => {
  fc.assert(
    fc.property(samples, fc.double({ min: 0.2, max: 3, noNaN: true }), seeds, (sample, factor, seed) => {
      const crop = { width: 16, height: 12 };
      const out = augment(sample, { crop, scale: [factor, factor] }, key(seed));
      const before = new Set([...sample.label!, VOID]);
      for (const id of out.label!) expect(before.has(id)).toBe(true);
      const allVoid = { ...sample, label: sample.label!.map(() => VOID) };
      const voided = augment(allVoid, { crop, scale: [factor, factor] }, key(seed));
      expect(voided.label!.every((id) => id === VOID)).toBe(true);
    }),
  );
});

test('scaling matches the triangle filter written naively', () => {
  const sample = marked(9, 5, (at) => (at * 7) % 19);
  for (const factor of [0.3, 0.4, 0.6, 0.75, 1.6, 2]) {
    const out = augment(sample, { scale: [factor, factor] }, key(2));
    const weight = (from: number, to: number, position: number, pixel: number) => {
      const reach = Math.max(1, from / to);
      return Math.max(0, 1 - Math.abs((position + 0.5) * (from / to) - 0.5 - pixel) / reach);
    };
    for (let y = 0; y < out.height; y++) {
      for (let x = 0; x < out.width; x++) {
        let sum = 0;
        let total = 0;
        for (let j = 0; j < 5; j++) {
          for (let i = 0; i < 9; i++) {
            const w = weight(9, out.width, x, i) * weight(5, out.height, y, j);
            sum += w * sample.image[(j * 9 + i) * 3]!;
            total += w;
          }
        }
        expect(Math.abs(out.image[(y * out.width + x) * 3]! - sum / total)).toBeLessThanOrEqual(0.51);
      }
    }
  }
});

test('crops are centred where the photograph reaches far enough', () => {
  const sample = marked(40, 30, (at) => (at === 12 * 40 + 25 ? 3 : 0));
  const crop = { width: 10, height: 8 };
  const middle = (out: Sample) => out.label![4 * 10 + 5];
  expect(middle(augment(sample, { crop }, key(1), { x: 25, y: 12 }))).toBe(3);
  const corner = augment(sample, { crop }, key(1), { x: 0, y: 0 });
  expect(corner.image[2]).toBe(sample.image[2]);
});

test('random crops reach every position', () => {
  const sample = marked(6, 1, (at) => at);
  const starts = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    starts.add(augment(sample, { crop: { width: 3, height: 1 } }, key(seed)).label![0]!);
  }
  expect([...starts].sort()).toEqual([0, 1, 2, 3]);
});

describe('colours', () => {
  const effects: [string, AugmentConfig][] = [
    ['brightness', { brightness: 0.5 }],
    ['contrast', { contrast: 0.5 }],
    ['saturation', { saturation: 0.5 }],
    ['hue', { hue: 0.3 }],
    ['noise', { noise: 20 }],
    ['blur', { blur: { probability: 1, deviation: 2 } }],
  ];

  test.each(effects)('%s changes pixels, never a label', (_, config) => {
    const sample = marked(12, 9, (at) => (at * 5) % 19);
    const before = sample.image.slice();
    const out = augment(sample, config, key(1));
    expect(out.image).not.toEqual(sample.image);
    expect(out.label).toEqual(sample.label);
    expect(sample.image).toEqual(before);
  });

  test.each([
    ['saturation and hue', { saturation: 0.8, hue: 0.4 }],
    ['contrast', { contrast: 0.6 }],
    ['blur', { blur: { probability: 1, deviation: 2 } }],
  ] as [string, AugmentConfig][])('%s leaves an even grey as it is', (_, config) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), seeds, (grey, seed) => {
        const image = new Uint8Array(8 * 6 * 3).fill(grey);
        const out = augment({ image, width: 8, height: 6, id: 'grey' }, config, key(seed));
        for (const value of out.image) expect(Math.abs(value - grey)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 30 },
    );
  });

  test('brightness multiplies, contrast keeps the mean', () => {
    const image = Uint8Array.from({ length: 60 * 3 }, (_, k) => 60 + Math.floor(k / 3));
    const sample = { image, width: 10, height: 6, id: 'ramp' };
    const mean = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    expect(mean(augment(sample, { contrast: 0.4 }, key(4)).image)).toBeCloseTo(mean(image), 0);
    const brighter = augment(sample, { brightness: 0.4 }, key(4)).image;
    expect(brighter[0]! / image[0]!).toBeCloseTo(brighter[100]! / image[100]!, 1);
  });

  test('noise has the deviation that was drawn, at most', () => {
    const image = new Uint8Array(64 * 64 * 3).fill(128);
    const out = augment({ image, width: 64, height: 64, id: 'flat' }, { noise: 10 }, key(8)).image;
    const squares = out.reduce((sum, value) => sum + (value - 128) ** 2, 0) / out.length;
    expect(Math.sqrt(squares)).toBeLessThan(10.2);
    expect(Math.abs(out.reduce((sum, value) => sum + value - 128, 0) / out.length)).toBeLessThan(0.3);
  });
});

describe('the same seed, the same bytes', () => {
  test.each(Object.entries(augmentPresets))('%s', (_, preset) => {
    fc.assert(
      fc.property(samples, seeds, (sample, seed) => {
        const config = preset({ width: 14, height: 10 });
        const once = augment(sample, config, key(seed));
        const again = augment(sample, config, key(seed));
        expect(again.image).toEqual(once.image);
        expect(again.label).toEqual(once.label);
      }),
      { numRuns: 30 },
    );
  });

  test('another seed, epoch or position draws something else', () => {
    const sample = marked(30, 20, (at) => at % 19);
    const config = augmentPresets.paper({ width: 16, height: 12 });
    const draws = [
      key(1),
      key(2),
      { seed: 1, epoch: 4, position: 5 },
      { seed: 1, epoch: 3, position: 6 },
    ].map((k) => augment(sample, config, k).image.join());
    expect(new Set(draws).size).toBe(4);
  });

  test('leaving one step out changes nothing in the others', () => {
    const sample = marked(30, 20, (at) => at % 19);
    const crop = { width: 16, height: 12 };
    const plain = augment(sample, { crop, flip: 0.5 }, key(9));
    const noisy = augment(sample, { crop, flip: 0.5, noise: 9, contrast: 0.2 }, key(9));
    expect(noisy.label).toEqual(plain.label);
  });
});

test('photographs without labels stay without', () => {
  const { label: _, ...sample } = marked(9, 7, () => 1);
  expect(augment(sample, augmentPresets.replication({ width: 5, height: 5 }), key(1)).label).toBeUndefined();
});

test.each([
  { crop: { width: 0, height: 4 } },
  { scale: [2, 1] },
  { flip: 1.5 },
  { hue: 0.7 },
  { noise: -1 },
  { contrast: Number.NaN },
  { blur: { probability: 2, deviation: 1 } },
] as AugmentConfig[])('refuses %j', (config) => {
  expect(() => checkAugmentConfig(config)).toThrow(HmsaError);
});
