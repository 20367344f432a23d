import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HmsaError } from '../../base/errors/index.js';
import { VOID } from '../contracts.js';
import { tileCentroids } from './centroids.js';
import { buildClassIndex, classesWithoutPlaces } from './class-index.js';
import { planEpoch } from './epoch-plan.js';

describe('tileCentroids', () => {
  const maps = fc
    .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
    .chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        label: fc
          .array(fc.constantFrom(0, 1, 2, 3, VOID), { minLength: width * height, maxLength: width * height })
          .map((ids) => Uint8Array.from(ids)),
        tile: fc.record({ width: fc.integer({ min: 1, max: 25 }), height: fc.integer({ min: 1, max: 25 }) }),
      }),
    );

  test('gives one pixel of each class of each tile, partial tiles too, and none of void', () => {
    fc.assert(
      fc.property(maps, ({ label, width, height, tile }) => {
        const found = tileCentroids(label, width, height, tile, 4);
        const tileOf = (x: number, y: number) =>
          `${Math.floor(x / tile.width)},${Math.floor(y / tile.height)}`;
        const expected = new Set<string>();
        label.forEach((id, at) => {
          if (id !== VOID) expected.add(`${tileOf(at % width, Math.floor(at / width))} ${id}`);
        });
        expect(found.map(({ label: id, x, y }) => `${tileOf(x, y)} ${id}`).sort()).toEqual(
          [...expected].sort(),
        );
        for (const { label: id, x, y } of found) expect(label[y * width + x]).toBe(id);
      }),
    );
  });

  test('snaps to the nearest pixel where the middle is something else', () => {
    // A ring of class 1 around class 0.
    const label = Uint8Array.from({ length: 49 }, (_, at) => {
      const [x, y] = [at % 7, Math.floor(at / 7)];
      return x === 0 || y === 0 || x === 6 || y === 6 ? 1 : 0;
    });
    const ring = tileCentroids(label, 7, 7, { width: 9, height: 9 }, 2).find((found) => found.label === 1)!;
    expect(label[ring.y * 7 + ring.x]).toBe(1);
    expect(Math.max(Math.abs(ring.x - 3), Math.abs(ring.y - 3))).toBe(3);
  });
});

describe('planEpoch', () => {
  // Class 0 everywhere, class 1 in sample 0 alone, class 2 nowhere.
  const centroids = Array.from({ length: 200 }, (_, sample) => [
    { label: 0, x: sample, y: 1 },
    ...(sample === 0 ? [{ label: 1, x: 7, y: 8 }] : []),
  ]);
  const classIndex = buildClassIndex({ width: 4, height: 4 }, 3, centroids);
  const options = { length: 200, seed: 1, epoch: 0, classIndex };

  test('says which classes have none', () => {
    expect(classesWithoutPlaces(classIndex)).toEqual([2]);
  });

  test('shuffled is every sample once, otherwise in every epoch', () => {
    const order = (epoch: number) =>
      planEpoch({ ...options, mode: 'shuffled', epoch }).map(({ index }) => index);
    expect(order(0)).toEqual(order(0));
    expect(order(0)).not.toEqual(order(1));
    expect([...order(0)].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test('class-uniform centres half of the crops, on each class that occurs about equally often', () => {
    const plan = planEpoch({ ...options, mode: 'class-uniform' });
    const centred = plan.filter(({ center }) => center !== undefined);
    expect(plan).toHaveLength(200);
    expect(centred).toHaveLength(100);
    const rare = centred.filter(({ index, center }) => index === 0 && center!.x === 7 && center!.y === 8);
    expect(rare.length).toBeGreaterThan(30);
    expect(rare.length).toBeLessThan(70);
    const others = plan.filter(({ center }) => center === undefined).map(({ index }) => index);
    expect(new Set(others).size).toBe(100);
  });

  test('class-uniform refuses a set without labels', () => {
    expect(() => planEpoch({ length: 3, seed: 1, epoch: 0, mode: 'class-uniform' })).toThrow(HmsaError);
    const empty = buildClassIndex({ width: 4, height: 4 }, 3, [[], [], []]);
    expect(() => planEpoch({ ...options, mode: 'class-uniform', classIndex: empty })).toThrow(HmsaError);
  });
});
