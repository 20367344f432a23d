import { expect, test } from 'vitest';
import { randomPhoto } from '../../../tests/data/files.js';
import { fingerprintOf, likeness } from '../../data/index.js';
import { nearDuplicates } from './near-duplicates.js';

/** A random picture with its first rows brightened, which makes it near the picture as it was. */
function seen(file: string, seed: number, changedRows = 0) {
  const { data, width, height } = randomPhoto(seed, 64, 64);
  for (let i = 0; i < changedRows * width * 3; i++) data[i] = Math.min(255, data[i]! + 15);
  return { file, fingerprint: fingerprintOf(data, width, height) };
}

test('every photograph that is near one of an earlier split is named once', () => {
  const faults = nearDuplicates(
    new Map([
      ['train', [seen('t1', 1), seen('t2', 2)]],
      ['val', [seen('v1', 3), seen('v2', 2, 8)]],
      ['test', [seen('x1', 1), seen('x2', 3)]],
    ]),
  );
  expect(faults.map(({ file, detail }) => [file, detail])).toEqual([
    ['v2', 'nearly equal to t2 of train'],
    ['x1', 'the same picture as t1 of train'],
    ['x2', 'the same picture as v1 of val'],
  ]);
});

test('of a copy and its neighbours in the video the copy alone is named', () => {
  for (const rows of [8, 9]) {
    expect(likeness(seen('', 5).fingerprint, seen('', 5, rows).fingerprint)).toBe('near');
  }
  const faults = nearDuplicates(
    new Map([
      ['train', [seen('copy', 5)]],
      ['val', [seen('before', 5, 8), seen('original', 5), seen('after', 5, 9)]],
    ]),
  );
  expect(faults.map(({ file }) => file)).toEqual(['original']);
});
