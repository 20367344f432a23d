import { expect, test } from 'vitest';
import { shapeMemory } from './shape-memory.js';

const [width, height] = [300, 200];
const of = (label: (x: number, y: number) => number) =>
  Uint8Array.from({ length: width * height }, (_, i) => label(i % width, Math.floor(i / width)));
const bytes = (kind: 'polygons' | 'rle', labels: Uint8Array) =>
  shapeMemory(kind, labels, width, height).bytes / labels.length;

test('the memory of shapes is reckoned from the borders: little for large regions, a hundred times as much for noise', () => {
  const frame = (2 * (width + height) * 850) / (width * height);
  const one = of(() => 3);
  expect(bytes('polygons', one)).toBeCloseTo(8 + frame, 9);
  // One straight border of 200 sides adds those alone.
  const two = of((x) => Number(x >= 100));
  expect(bytes('polygons', two) - bytes('polygons', one)).toBeCloseTo((200 * 100) / two.length, 9);
  // A lone pixel has four sides and four turns.
  const speck = of((x, y) => Number(x === 50 && y === 60));
  expect(bytes('polygons', speck) - bytes('polygons', one)).toBeCloseTo(
    (4 * 100 + 4 * 750) / speck.length,
    9,
  );
  // Of a chessboard, four borders meet at each point. Measured: 2470 bytes a pixel.
  expect(
    bytes(
      'polygons',
      of((x, y) => (x + y) % 2),
    ),
  ).toBeGreaterThan(2470);
  expect(
    bytes(
      'rle',
      of((x, y) => (x + y) % 2),
    ),
  ).toBeLessThan(250);
});
