import { expect, test } from 'vitest';
import { randomPhoto } from '../../tests/data/files.js';
import { fingerprintOf, likeness, nearDuplicates } from './index.js';

/** A random picture with its first rows brightened, which makes it near the picture as it was. */
function seen(file: string, seed: number, changedRows = 0) {
  const { data, width, height } = randomPhoto(seed, 64, 64);
  for (let i = 0; i < changedRows * width * 3; i++) data[i] = Math.min(255, data[i]! + 15);
  return { file, fingerprint: fingerprintOf(data, width, height) };
}

test('every photograph that is near one of an earlier split is named once', () => {
  const found = nearDuplicates(
    new Map([
      ['train', [seen('t1', 1), seen('t2', 2)]],
      ['val', [seen('v1', 3), seen('v2', 2, 8)]],
      ['test', [seen('x1', 1), seen('x2', 3)]],
    ]),
  );
  expect(found).toEqual([
    { file: 'v2', split: 'val', twin: 't2', twinSplit: 'train', how: 'near' },
    { file: 'x1', split: 'test', twin: 't1', twinSplit: 'train', how: 'same' },
    { file: 'x2', split: 'test', twin: 'v1', twinSplit: 'val', how: 'same' },
  ]);
});

test('of a copy and its neighbours in the video the copy alone is named', () => {
  for (const rows of [8, 9]) {
    expect(likeness(seen('', 5).fingerprint, seen('', 5, rows).fingerprint)).toBe('near');
  }
  const found = nearDuplicates(
    new Map([
      ['train', [seen('copy', 5)]],
      ['val', [seen('before', 5, 8), seen('original', 5), seen('after', 5, 9)]],
    ]),
  );
  expect(found.map(({ file }) => file)).toEqual(['original']);
});
