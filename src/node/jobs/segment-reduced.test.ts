import { expect, test } from 'vitest';
import type { Segmentation, Segmenter } from '../../predict/index.js';
import type { RgbImage } from '../images/index.js';
import { segmentReduced } from './segment-reduced.js';

/** Whose labels are an image's red values, whose attention is a 255th of them, and who remembers what it was asked. */
function redSegmenter() {
  const asked: { width: number; height: number; options: unknown }[] = [];
  const segment = async ({ data, width, height }: RgbImage, options: unknown): Promise<Segmentation> => {
    asked.push({ width, height, options });
    const labels = Uint8Array.from({ length: width * height }, (_, i) => data[3 * i]!);
    const attention = Float32Array.from(labels, (label) => label / 255);
    return {
      width,
      height,
      labels,
      scales: [
        { scale: 1, labels },
        { scale: 0.5, labels, attention },
      ],
    };
  };
  return { asked, segmenter: { segment } as unknown as Segmenter };
}

/** Squares of 4×4 pixels, each of one red value, so that halving the sides mixes nothing but at their edges. */
function squares(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data[3 * i] = red(i % width, Math.floor(i / width));
  return { data, width, height };
}
const red = (x: number, y: number) => 40 * ((x >> 2) % 3) + 100 * ((y >> 2) % 2);

test('a larger image is labelled reduced, and every pixel takes what its nearest one got', async () => {
  const { segmenter, asked } = redSegmenter();
  const image = squares(48, 32);
  const options = { scales: [0.5, 1], details: true };
  const { width, height, labels, scales } = await segmentReduced(segmenter, image, {
    maxSide: 24,
    ...options,
  });
  expect(asked).toEqual([{ width: 24, height: 16, options }]);
  expect([width, height, labels.length]).toEqual([48, 32, 48 * 32]);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 48; x++) {
      const at = y * 48 + x;
      // One value for each square of four; right up to what the resampling rings at the edges.
      expect(labels[at]).toBe(labels[(y & ~1) * 48 + (x & ~1)]);
      expect(Math.abs(labels[at]! - red(x, y))).toBeLessThan(45);
    }
  }
  const [first, second] = scales!;
  expect(first).toEqual({ scale: 1, labels });
  expect(second).toEqual({
    scale: 0.5,
    labels,
    attention: Float32Array.from(labels, (label) => label / 255),
  });
});

test('one that is no larger, or may be any size, is labelled as it is', async () => {
  for (const options of [{ maxSide: 48 }, {}]) {
    const { segmenter, asked } = redSegmenter();
    const { labels } = await segmentReduced(segmenter, squares(48, 32), options);
    expect(asked).toMatchObject([{ width: 48, height: 32 }]);
    expect(labels).toEqual(Uint8Array.from({ length: 48 * 32 }, (_, i) => red(i % 48, Math.floor(i / 48))));
  }
});
