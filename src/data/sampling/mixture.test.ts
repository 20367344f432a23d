import { expect, test } from 'vitest';
import { buildClassIndex } from './class-index.js';
import { planEpoch } from './epoch-plan.js';

const mixture = {
  parts: [
    { length: 10, share: 0.7 },
    { length: 40, share: 0.3 },
  ],
  samples: 25,
};
const options = { length: 50, mode: 'shuffled', seed: 3, epoch: 0, mixture } as const;
const indices = (epoch: number, changes = {}) =>
  planEpoch({ ...options, ...changes, epoch }).map(({ index }) => index);

test('an epoch draws from each set by its share, and many epochs draw exactly the share', () => {
  const epochs = Array.from({ length: 40 }, (_, epoch) => indices(epoch));
  for (const epoch of epochs) {
    expect(epoch).toHaveLength(25);
    expect(Math.abs(epoch.filter((index) => index >= 10).length - 7.5)).toBeLessThan(1);
  }
  expect(epochs.flat().filter((index) => index >= 10)).toHaveLength(300);
  expect(indices(0)).toEqual(epochs[0]);
  expect(indices(0, { seed: 4 })).not.toEqual(epochs[0]);
});

test('no photograph of a set comes again before all others of it, through the epochs', () => {
  const drawn = Array.from({ length: 40 }, (_, epoch) => indices(epoch)).flat();
  for (const [from, to] of [
    [0, 10],
    [10, 50],
  ] as const) {
    const counts = Array.from(
      { length: to - from },
      (_, i) => drawn.filter((index) => index === from + i).length,
    );
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  }
});

test('places in the epoch do not tell the set', () => {
  const half = Array.from({ length: 40 }, (_, epoch) => indices(epoch).slice(0, 12)).flat();
  const share = half.filter((index) => index >= 10).length / half.length;
  expect(share).toBeGreaterThan(0.22);
  expect(share).toBeLessThan(0.38);
});

test('class-uniform: the classes of both sets equally often, each from the sets that have it, by their shares', () => {
  // Class 0 in both sets, class 1 in the second alone.
  const centroids = Array.from({ length: 50 }, (_, sample) => [
    { label: 0, x: 1, y: 1 },
    ...(sample >= 45 ? [{ label: 1, x: 2, y: 2 }] : []),
  ]);
  const classIndex = buildClassIndex({ width: 4, height: 4 }, 2, centroids);
  const plan = planEpoch({
    ...options,
    mode: 'class-uniform',
    classIndex,
    uniformShare: 0.5,
    mixture: { ...mixture, samples: 2000 },
  });
  expect(plan).toHaveLength(2000);
  const centred = plan.filter(({ center }) => center !== undefined);
  expect(centred).toHaveLength(1000);
  const rare = centred.filter(({ center }) => center!.x === 2);
  expect(rare.length).toBeGreaterThan(430);
  expect(rare.length).toBeLessThan(570);
  expect(rare.every(({ index }) => index >= 45)).toBe(true);
  const common = centred.filter(({ center }) => center!.x === 1);
  const share = common.filter(({ index }) => index >= 10).length / common.length;
  expect(share).toBeGreaterThan(0.22);
  expect(share).toBeLessThan(0.38);
  const rest = plan.filter(({ center }) => center === undefined);
  expect(rest.filter(({ index }) => index >= 10).length).toBeLessThanOrEqual(301);
});
