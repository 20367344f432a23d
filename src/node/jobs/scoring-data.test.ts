import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bands, randomPhoto, writeTree } from '../../../tests/data/files.js';
import type { Segmenter } from '../../prediction/index.js';
import { presets } from '../../training/index.js';
import { openScoringData } from './scoring-data.js';

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-scored-'));
  data = `folder:${root}`;
  await writeTree(root, { 'classes.json': '["ground", "thing"]' });
  for (const name of ['a', 'b', 'c', 'd'])
    await writeTree(root, {
      [`images/${name}.png`]: randomPhoto(name, 32, 32),
      [`masks/${name}.png`]: bands([0, 1], 32, 32),
    });
});
afterAll(() => rm(root, { recursive: true }));

/** Of a model with these classes. */
function segmenter(names = ['ground', 'thing']): Segmenter {
  const config = presets.quick.model;
  const classes = { names, colors: names.map(() => [0, 0, 0]), ignore: 255 };
  return { model: { classes, config }, classes, prepare: async () => ({ scales: config.scales }) } as never;
}

test('photographs that training does not hold out are told of, those that it does are not', async () => {
  expect((await openScoringData(segmenter(), data, {})).doubt).toBeUndefined();
  for (const [split, count, all] of [
    ['all', 3, 4],
    ['train', 3, 3],
  ] as const) {
    const { doubt, taken } = await openScoringData(segmenter(), data, { split });
    expect(taken).toContain(`scoring on ${all} photographs, split ${split} of ${data}; 2 classes`);
    expect(doubt).toBe(
      `training does not hold out ${count} of these ${all} photographs: if the model was trained on this set, it has seen ` +
        'them. The split val, without --seed, has none of them.',
    );
  }
});

test('a val of other blocks than training holds out has some of what it learns from', async () => {
  const doubts = [];
  for (const seed of [0, 1, 2, 3, 4, 5, 6, 7])
    doubts.push((await openScoringData(segmenter(), data, { split: 'val', blocks: { seed } })).doubt);
  expect(doubts[0]).toBeUndefined();
  expect(doubts).toContainEqual(
    expect.stringMatching(/^training does not hold out 1 of these 1 photograph:/),
  );
});

test('nothing is said to a model of other classes, nor of a set with splits of its own', async () => {
  const others = segmenter(['thing', 'ground']);
  expect((await openScoringData(others, data, { split: 'all' })).doubt).toBeUndefined();
  for (const split of ['train', 'val'])
    await writeTree(root, {
      'split/classes.json': '["ground", "thing"]',
      [`split/${split}/images/${split}.png`]: randomPhoto(split, 32, 32),
      [`split/${split}/masks/${split}.png`]: bands([0, 1], 32, 32),
    });
  const own = await openScoringData(segmenter(), `folder:${join(root, 'split')}`, { split: 'all' });
  expect(own.dataset.length).toBe(2);
  expect(own.doubt).toBeUndefined();
});
