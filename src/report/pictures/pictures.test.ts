import { expect, test } from 'vitest';
import { classShares, colorize, heatmap, heatmapStops, outline, overlay } from './index.js';

const classes = {
  names: ['road', 'sidewalk', 'never seen', 'car', 'sky'],
  colors: [
    [200, 10, 10],
    [10, 200, 10],
    [90, 160, 20],
    [10, 10, 200],
    [200, 10, 200],
  ] as const,
};
const labels = Uint8Array.from([1, 1, 1, 1, 0, 0, 3, 4, 4, 4]);

test('shares are of all pixels, the largest first; what does not occur or is no class is not there', () => {
  expect(classShares(labels, classes).map(({ id, pixels, share }) => [id, pixels, share])).toEqual([
    [1, 4, 0.4],
    [4, 3, 0.3],
    [0, 2, 0.2],
    [3, 1, 0.1],
  ]);
  expect(classShares(Uint8Array.from([255, 255, 0, 0]), classes)).toEqual([
    { id: 0, name: 'road', pixels: 2, share: 0.5 },
  ]);
});

test('every label takes the colour of its class; what is no class is black', () => {
  const { data, ...size } = colorize(Uint8Array.from([0, 3, 255, 5]), 2, 2, classes);
  expect(size).toEqual({ width: 2, height: 2 });
  expect([...data]).toEqual([200, 10, 10, 10, 10, 200, 0, 0, 0, 0, 0, 0]);
});

test('more colours than labels can name are no error', () => {
  const colors = Array.from({ length: 300 }, (_, id) => [id % 256, 1, 2] as const);
  expect([...colorize(Uint8Array.from([7, 255]), 2, 1, { colors }).data]).toEqual([7, 1, 2, 255, 1, 2]);
});

test('an overlay mixes both pictures by its opacity', () => {
  const photo = { data: Uint8Array.from([100, 50, 0]), width: 1, height: 1 };
  const colored = { data: Uint8Array.from([200, 50, 200]), width: 1, height: 1 };
  expect([...overlay(photo, colored).data]).toEqual([150, 50, 100]);
  expect([...overlay(photo, colored, 0).data]).toEqual([...photo.data]);
  expect([...overlay(photo, colored, 1).data]).toEqual([...colored.data]);
});

test('a heat map passes through its colours, between them in proportion, and stays in its range', () => {
  const { data } = heatmap(Float32Array.from([0, 0.25, 0.5, 0.75, 1, 0.125, -1, 2]), 4, 2);
  const mixed = [0, 1, 2].map((c) => Math.round((heatmapStops[0]![c]! + heatmapStops[1]![c]!) / 2));
  expect([...data]).toEqual([...heatmapStops, mixed, heatmapStops[0]!, heatmapStops[4]!].flat());
});

test('an outline lies on both sides of a border, in the colours of its classes, and leaves the rest', () => {
  const photo = { data: new Uint8Array(6 * 3).fill(50), width: 6, height: 1 };
  const map = Uint8Array.from([0, 0, 0, 3, 3, 3]);
  const reds = (line: number) => [...outline(photo, map, classes, line).data].filter((_, i) => i % 3 === 0);
  expect(reds(1)).toEqual([50, 50, 200, 10, 50, 50]);
  expect(reds(2)).toEqual([50, 200, 200, 10, 10, 50]);
  expect([...photo.data]).toEqual(new Array(18).fill(50));
});
