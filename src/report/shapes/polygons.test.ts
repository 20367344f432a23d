import { expect, test } from 'vitest';
import { polygons, type Ring } from './index.js';

const names = ['a', 'b', 'c'];
const area = (ring: Ring) =>
  ring.slice(1).reduce((sum, [x, y], i) => sum + (ring[i]![0] * y - x * ring[i]![1]) / 2, 0);
const isInside = (ring: Ring, x: number, y: number) =>
  ring.slice(1).filter(([bx, by], i) => {
    const [ax, ay] = ring[i]!;
    return ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay);
  }).length %
    2 ===
  1;

/** Labels that are random, but alike among neighbours. */
function blotches(seed: number, width: number, height: number): Uint8Array {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const labels = new Uint8Array(width * height);
  for (let i = 0; i < labels.length; i++) {
    const from = random();
    labels[i] = from < 0.35 ? labels[i - 1]! : from < 0.7 ? labels[i - width]! : Math.floor(3 * random());
  }
  return labels;
}

test('a ring with a hole: the outer ring has a positive area with y down, the hole a negative one', () => {
  const labels = Uint8Array.from([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  const { type, features } = polygons(labels, 3, 3, { names }, { tolerance: 0 });
  expect(type).toBe('FeatureCollection');
  expect(features).toEqual([
    {
      type: 'Feature',
      properties: { id: 0, class: 'a', pixels: 8 },
      geometry: {
        type: 'Polygon',
        coordinates: [
          [
            [0, 0],
            [3, 0],
            [3, 3],
            [0, 3],
            [0, 0],
          ],
          expect.arrayContaining([
            [1, 1],
            [2, 1],
            [2, 2],
            [1, 2],
          ]),
        ],
      },
    },
    { type: 'Feature', properties: { id: 1, class: 'b', pixels: 1 }, geometry: expect.anything() },
  ]);
  expect(features[0]!.geometry.coordinates.map(area)).toEqual([9, -1]);
});

test('pixels that touch at a corner are two regions; an outline and a hole that touch are two rings', () => {
  // The middle and the upper left corner touch at (1, 1).
  const labels = Uint8Array.from([1, 0, 0, 0, 1, 0, 0, 0, 0]);
  const { features } = polygons(labels, 3, 3, { names }, { tolerance: 0 });
  expect(features.map(({ properties }) => [properties.class, properties.pixels])).toEqual([
    ['b', 1],
    ['a', 7],
    ['b', 1],
  ]);
  expect(features[1]!.geometry.coordinates.map(area)).toEqual([8, -1]);
});

test('exact polygons are the label map again; no class is left out, and so are small regions', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const [width, height] = [9 + (seed % 5), 7 + (seed % 3)];
    const labels = blotches(seed, width, height);
    labels[3] = 255;
    const { features } = polygons(labels, width, height, { names }, { tolerance: 0 });
    const again = new Uint8Array(labels.length).fill(255);
    for (const { properties, geometry } of features) {
      const [outer, ...holes] = geometry.coordinates;
      expect(geometry.coordinates.map(area).reduce((sum, part) => sum + part, 0)).toBe(properties.pixels);
      // No ring meets itself.
      for (const ring of geometry.coordinates) expect(new Set(ring.map(String)).size).toBe(ring.length - 1);
      for (let i = 0; i < labels.length; i++) {
        const [x, y] = [(i % width) + 0.5, Math.floor(i / width) + 0.5];
        if (isInside(outer!, x, y) && !holes.some((hole) => isInside(hole, x, y))) again[i] = properties.id;
      }
    }
    expect(again).toEqual(labels);
    const large = polygons(labels, width, height, { names }, { tolerance: 0, leastPixels: 3 }).features;
    expect(large).toEqual(features.filter(({ properties }) => properties.pixels >= 3));
  }
});

test('simplified polygons have fewer points, cover the image once, and turn as before', () => {
  const [width, height] = [40, 30];
  const disc = Uint8Array.from({ length: width * height }, (_, i) =>
    Math.hypot((i % width) - 18, Math.floor(i / width) - 14) < 11 ? 1 : 0,
  );
  const count = (tolerance: number) =>
    polygons(disc, width, height, { names }, { tolerance }).features[1]!.geometry.coordinates[0]!.length;
  expect(count(0)).toBeGreaterThan(40);
  expect(count(1)).toBeLessThan(20);
  for (let seed = 1; seed <= 6; seed++) {
    for (const tolerance of [0.5, 1, 3]) {
      const { features } = polygons(blotches(seed, width, height), width, height, { names }, { tolerance });
      let covered = 0;
      for (const { geometry } of features) {
        const [outer, ...holes] = geometry.coordinates.map(area);
        expect(outer).toBeGreaterThan(0);
        for (const hole of holes) expect(hole).toBeLessThan(0);
        covered += holes.reduce((sum, hole) => sum + hole, outer!);
      }
      expect(covered).toBe(width * height);
    }
  }
});

test('what is no label map and no tolerance is refused', () => {
  expect(() => polygons(new Uint8Array(3), 2, 2, { names })).toThrow(
    /^polygons: expected 4 bytes of a label map/,
  );
  expect(() => polygons(new Uint8Array(4), 2, 2, { names }, { tolerance: -1 })).toThrow(
    /^polygons, tolerance: expected a number of pixels, 0 or more, received -1/,
  );
});
