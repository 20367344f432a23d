import { expect, test } from 'vitest';
import { checkShapeMemory } from './shape-memory.js';

test('polygons of noise are refused under a limit of memory with the way out, and those of large regions are not', () => {
  const [width, height] = [1000, 500];
  const noise = Uint8Array.from({ length: width * height }, (_, i) => (i * 7 + (i >> 3)) % 11);
  const halves = Uint8Array.from({ length: width * height }, (_, i) => Number(i % width < 500));
  const check = (kind: 'polygons' | 'rle', labels: Uint8Array, memory?: number) => () =>
    checkShapeMemory(kind, labels, width, height, 'a.png', memory);
  expect(check('polygons', noise, 5e8)).toThrow(
    /^a\.png, polygons: expected 1\.\d\d GB of memory, because the labels have many small regions, received 500 MB\. Save rle in place of polygons, or give more memory \(--memory\)\.$/,
  );
  expect(check('rle', noise, 5e8)).not.toThrow();
  expect(check('rle', noise, 5e7)).toThrow(/^a\.png, rle: .* Leave out rle, or give more memory/);
  expect(check('polygons', halves, 1e7)).not.toThrow();
});
