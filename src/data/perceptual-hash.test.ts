import { expect, test } from 'vitest';
import { generator } from '../base/random/index.js';
import { fingerprintOf, likeness } from './perceptual-hash.js';

/** Smooth random pictures: a coarse random grid, enlarged, times a brightness, plus noise. */
function picture(seed: number, { width = 96, height = 64, gain = 1, noise = 0 } = {}) {
  const grid = generator(seed, 'grid');
  const values = Array.from({ length: 64 }, () => grid.uniform(20, 220));
  const random = generator(seed, 'noise');
  const image = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const x = Math.floor(((i % width) * 8) / width);
    const y = Math.floor((Math.floor(i / width) * 8) / height);
    const value = values[y * 8 + x]! * gain + random.normal(0, noise);
    image.fill(Math.max(0, Math.min(255, value)), i * 3, i * 3 + 3);
  }
  return fingerprintOf(image, width, height);
}

test('the same picture at another size, noisier and a little darker is the same', () => {
  expect(likeness(picture(1), picture(1, { width: 192, height: 128, gain: 0.97, noise: 5 }))).toBe('same');
});

test('the same picture under much noise is near', () => {
  expect(likeness(picture(1), picture(1, { noise: 30 }))).toBe('near');
});

test('different pictures are not', () => {
  const pictures = Array.from({ length: 40 }, (_, seed) => picture(seed));
  const pairs = pictures.flatMap((a, i) => pictures.slice(i + 1).map((b) => likeness(a, b)));
  expect(pairs.filter(Boolean)).toEqual([]);
});

test('flat pictures are told apart by their brightness, and images smaller than the grid work', () => {
  const flat = (value: number, side = 20) =>
    fingerprintOf(new Uint8Array(side * side * 3).fill(value), side, side);
  expect(likeness(flat(100), flat(102))).toBe('same');
  expect(likeness(flat(100), flat(140))).toBeUndefined();
  expect(likeness(flat(100, 3), flat(100, 20))).toBe('same');
});
