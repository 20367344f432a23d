import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bands, randomPhoto, writeTree } from '../../../tests/data/files.js';
import { presets } from '../../training/index.js';
import type { TrainRequest } from './train-request.js';
import { openTrainingData } from './training-data.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-taken-'));
  for (const split of ['train', 'val']) {
    for (const name of ['a', 'b', 'c']) {
      await writeTree(root, {
        [`${split}/${name}.png`]: randomPhoto(`${split}${name}`, 32, 32),
        [`${split}annot/${name}.png`]: bands([0, 3, 3, 11], 32, 32),
      });
    }
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function taken(changes: Partial<TrainRequest> = {}): Promise<string[]> {
  const said: string[] = [];
  const request = { config: presets.quick, data: `camvid:${root}`, ...changes };
  const opened = await openTrainingData(request, (event) => 'what' in event && said.push(event.what));
  await opened.check();
  return said;
}

test('one line says what is trained on, another what is scored', async () => {
  await rm(join(root, 'trainannot/b.png'));
  expect(await taken()).toEqual([
    expect.stringMatching(
      /^training on 2 of 3 photographs, split train of camvid:.*; 11 classes \(sky, building, .*… 3 more\); 25\.0% of the pixels unscored\.$/,
    ),
    'left out in split train: 1 × missing label: train/b.png',
    'scoring on 3 photographs, split val; 25.0% of the pixels unscored.',
  ]);
});

test('a validation split that is named and missing ends it; one that is merely usual is a warning', async () => {
  await expect(taken({ validationSplit: 'vall' })).rejects.toThrow(
    /^--validation: split of .*received vall\. Did you mean val\? Without scores: --validation none\.$/,
  );
  await rm(join(root, 'val'), { recursive: true });
  expect(await taken()).toContainEqual(expect.stringMatching(/^no scores during training: /));
});

test('what is learned from is no score: refused where nobody named the split, a warning where somebody did', async () => {
  await expect(taken({ dataOptions: { split: 'all' } })).rejects.toThrow(
    /split val of .*: expected photographs to score that are not trained on, received 3 of its 3 photographs in split all too\. Add --validation none /,
  );
  const said = await taken({ validationSplit: 'train' });
  expect(said[1]).toMatch(
    /^split train has 3 of its 3 photographs in split train too; scores on training photographs/,
  );
  expect(await taken({ dataOptions: { split: 'all' }, validationSplit: 'none' })).toHaveLength(1);
});

test('a set without splits says what is held out only where that is taken', async () => {
  await writeTree(root, {
    'own/images/a.png': randomPhoto('a', 32, 32),
    'own/images/b.png': randomPhoto('b', 32, 32),
    'own/masks/a.png': bands([0, 1, 1, 255], 32, 32),
    'own/masks/b.png': bands([1, 0, 0, 2], 32, 32),
  });
  const data = `folder:${join(root, 'own')}`;
  const [training, scoring, ...rest] = await taken({ data });
  expect(training).toContain(
    '255 was taken for void, which is not scored: 13% of the pixels, first in masks/a.png.',
  );
  expect(training).toMatch(
    /No splits: 1 of 2 labelled photographs is held out in blocks as val, train is the rest\.$/,
  );
  expect(scoring).toMatch(/^scoring on 1 photograph, split val;/);
  expect(rest).toEqual([]);
  const all = await taken({ data, dataOptions: { split: 'all' }, validationSplit: 'none' });
  expect(all.join()).not.toContain('No splits');
  await expect(taken({ data, dataOptions: { split: 'all' } })).rejects.toThrow(
    '1 of its 1 photograph in split all too',
  );
});

test('labels of nothing but void are refused', async () => {
  for (const name of ['a', 'b', 'c'])
    await writeTree(root, { [`trainannot/${name}.png`]: bands([11], 32, 32) });
  await expect(taken()).rejects.toThrow(
    /split train: expected photographs with labels to train on, received 3 with faults: void label: /,
  );
  await expect(taken({ skipBad: true })).rejects.toThrow(/labels to train on/);
});

test('a step of more than an epoch is refused', async () => {
  const config = { ...presets.quick, batch: 2, accumulate: 3 };
  await expect(taken({ config })).rejects.toThrow(
    /^config, accumulate: expected at most 2, the batches of 2 in an epoch of 3 photographs, received 3\./,
  );
  await taken({ config: { ...config, accumulate: 2 } });
});

test('several faults are counted, and the first ones named', async () => {
  for (const name of ['a', 'b']) await writeTree(root, { [`val/${name}.png`]: 'no picture' });
  await expect(taken()).rejects.toThrow(
    /split val: expected photographs with labels that fit them, received 2 of 3 with faults: unreadable image: .*val\/a\.png.*--skip-bad\.$/,
  );
});
