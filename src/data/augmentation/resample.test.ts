import fc from 'fast-check';
import { expect, test } from 'vitest';
import { neededSpan, resamplingAxis, resizeImage, UNIT } from './resample.js';

const sides = fc.integer({ min: 1, max: 300 });

test('weights add up to one, and everything lies inside of the needed span', () => {
  fc.assert(
    fc.property(sides, sides, fc.nat(), fc.nat(), (from, to, a, b) => {
      const first = a % to;
      const length = 1 + (b % (to - first));
      const span = neededSpan(from, to, first, length);
      const axis = resamplingAxis(from, to, first, length, span.first);
      expect(span.first).toBeGreaterThanOrEqual(0);
      expect(span.first + span.length).toBeLessThanOrEqual(from);
      for (let i = 0; i < length; i++) {
        const weights = axis.weights.subarray(i * axis.taps, (i + 1) * axis.taps);
        expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(UNIT);
        expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
        expect(axis.start[i]).toBeGreaterThanOrEqual(0);
        expect(axis.start[i]! + axis.taps).toBeLessThanOrEqual(span.length);
        expect(axis.nearest[i]).toBeGreaterThanOrEqual(0);
        expect(axis.nearest[i]).toBeLessThan(span.length);
      }
    }),
  );
});

test('halving a side averages what lies under the triangle; the same size changes nothing', () => {
  const grey = (values: number[]) => Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const row = grey([0, 0, 0, 80, 80, 80, 80, 80]);
  const half = resizeImage(row, { width: 8, height: 1 }, { width: 4, height: 1 });
  // Weights 1/8, 3/8, 3/8, 1/8 around each centre; at the left edge 3/7, 3/7, 1/7 of what is there.
  expect([...half].filter((_, i) => i % 3 === 0)).toEqual([0, 40, 80, 80]);
  expect(resizeImage(row, { width: 8, height: 1 }, { width: 8, height: 1 })).toEqual(row);
});

test('red, green and blue stay apart, and so do the sides', () => {
  const image = new Uint8Array(6 * 4 * 3).map((_, i) => [10, 100, 200][i % 3]!);
  const small = resizeImage(image, { width: 6, height: 4 }, { width: 2, height: 3 });
  expect([...small]).toEqual(Array.from({ length: 6 }, () => [10, 100, 200]).flat());
});
