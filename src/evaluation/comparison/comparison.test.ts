import { describe, expect, test } from 'vitest';
import { randomArray } from '../../../tests/support/random-array.js';
import { VOID } from '../../data/index.js';
import { ConfusionMatrix } from '../index.js';
import { Bootstrap, contiguousBlocks, difference, estimate } from './bootstrap.js';
import { BoundaryCounts, boundaryOf, boundaryWidth, trueBoundary } from './boundary.js';

describe('boundary IoU', () => {
  /** The definition: a mask minus its erosion by a square, with zeros beyond the image. */
  function naive(labels: Uint8Array, width: number, height: number, distance: number): Uint8Array {
    return labels.map((label, i) => {
      const [y, x] = [Math.floor(i / width), i % width];
      for (let dy = -distance; dy <= distance; dy++) {
        for (let dx = -distance; dx <= distance; dx++) {
          const [row, column] = [y + dy, x + dx];
          const isOutside = row < 0 || column < 0 || row >= height || column >= width;
          if (isOutside || labels[row * width + column] !== label) return 1;
        }
      }
      return 0;
    });
  }

  test.each([
    [23, 17, 1],
    [23, 17, 2],
    [30, 31, 4],
    [5, 40, 3],
    [1, 1, 1],
  ])('the boundary in %i×%i at distance %i is that of the definition', (width, height, distance) => {
    for (const seed of [1, 2, 3]) {
      // Areas with edges in all directions, and a few single pixels.
      const noise = randomArray(width * height, seed);
      const labels = Uint8Array.from({ length: width * height }, (_, i) => {
        const [y, x] = [Math.floor(i / width), i % width];
        if (noise[i]! > 0.99) return 5;
        return (x + seed * y > 20 ? 1 : 0) + (y > height - 6 ? 2 : 0);
      });
      expect(boundaryOf(labels, width, height, distance)).toEqual(naive(labels, width, height, distance));
    }
  });

  test('its width is half a per cent of the diagonal, at least one pixel', () => {
    expect(boundaryWidth(480, 360)).toBe(3);
    expect(boundaryWidth(2048, 1024)).toBe(11);
    expect(boundaryWidth(20, 20)).toBe(1);
    expect(boundaryWidth(480, 360, 0.02)).toBe(12);
  });

  test('a square that is one pixel off, counted by hand', () => {
    // A square of 4×4 in 8×8: its boundary at distance 1 has 12 pixels. Moved by a pixel, 6 of them stay:
    // with the rows as they are and the columns shifted by one, two rows of 4 share 3 each, and no side column.
    const square = (left: number) =>
      Uint8Array.from({ length: 64 }, (_, i) => {
        const [y, x] = [i >> 3, i & 7];
        return y >= 2 && y < 6 && x >= left && x < left + 4 ? 1 : 0;
      });
    const counts = new BoundaryCounts(2);
    counts.add(square(3), trueBoundary(square(2), 8, 8, 0.01));
    expect(counts.iou[1]).toBe(6 / 18);
    expect(counts.thinness[1]).toBe(12 / 16);
    const same = new BoundaryCounts(2);
    same.add(square(2), trueBoundary(square(2), 8, 8, 0.01));
    expect(same.iou).toEqual([1, 1]);
  });

  test('void is void in the prediction too, and a label that is no class counts for none', () => {
    const truth = Uint8Array.of(0, 0, VOID, 1, 1, 1);
    const counts = new BoundaryCounts(2);
    counts.add(Uint8Array.of(0, 0, 1, 1, 200, 1), trueBoundary(truth, 6, 1));
    expect(counts.iou).toEqual([1, 2 / 3]);
  });
});

describe('blocks', () => {
  test('hold contiguous frames of one group', () => {
    expect(contiguousBlocks(['a', 'a', 'a', 'b', 'b', 'a'], 2)).toEqual([0, 0, 1, 2, 2, 3]);
    expect(new Set(contiguousBlocks(new Array<string>(101).fill('v'))).size).toBe(21);
    expect(contiguousBlocks([])).toEqual([]);
  });
});

describe('bootstrap', () => {
  /** One block: of 100 pixels of each of two classes so many are right. */
  const block = (right: number) => {
    const matrix = new ConfusionMatrix(2);
    matrix.counts.set([right, 100 - right, 0, 100 - right, right, 0]);
    return matrix;
  };
  const rights = [60, 90, 75, 80, 55, 95, 70, 85];
  const bootstrap = new Bootstrap(rights.length);

  test('equal rows differ by nothing, a constant gain has a gain in every draw', () => {
    const [a, b] = [0, 3].map((more) => bootstrap.meanIoU([rights.map((right) => block(right + more))]));
    expect(estimate(difference(a!, a!))).toEqual({ value: 0, low: 0, high: 0 });
    const gain = estimate(difference(b!, a!));
    expect(gain.low).toBeGreaterThan(0);
    expect(gain.low).toBeLessThan(gain.value);
    expect(gain.value).toBeLessThan(gain.high);
    // Unpaired, the interval of one row is far wider than that of the difference.
    const own = estimate(a!);
    expect(own.high - own.low).toBeGreaterThan(5 * (gain.high - gain.low));
    const [right, wrong] = [76.25, 23.75];
    expect(own.value).toBeCloseTo(right / (right + 2 * wrong), 12);
  });

  test('with blocks that are all alike the interval comes from the seeds alone', () => {
    const same = (right: number) => rights.map(() => block(right));
    expect(estimate(bootstrap.meanIoU([same(70)]))).toMatchObject({ low: 70 / 130, high: 70 / 130 });
    const two = estimate(bootstrap.meanIoU([same(70), same(80)]));
    expect(two.value).toBeCloseTo((70 / 130 + 80 / 120) / 2, 12);
    expect([two.low, two.high]).toEqual([70 / 130, 80 / 120]);
  });
});
