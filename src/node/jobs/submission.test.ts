import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { camvid, cityscapes, type Dataset } from '../../data/index.js';
import type { Segmenter } from '../../prediction/index.js';
import { decodeLabels } from '../images/index.js';
import { writeSubmission } from './submission.js';

const unlabelled: Dataset = {
  classes: cityscapes,
  length: 2,
  get: async (index) => ({
    id: `leftImg8bit/test/berlin/berlin_00000${index}_000019_leftImg8bit`,
    image: new Uint8Array(2 * 1 * 3),
    width: 2,
    height: 1,
  }),
};

/** Says that the left pixel is road and the right one a car, whatever it is shown. */
const segmenter = (classes: Segmenter['model']['classes']) =>
  ({
    model: { classes },
    classes,
    prepare: async () => ({ scales: [1] }),
    segment: async () => ({ width: 2, height: 1, labels: Uint8Array.of(0, 13) }),
  }) as unknown as Segmenter;

test('every photograph of a split without labels gets the official ids under its official name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-submission-'));
  try {
    const files = await writeSubmission(segmenter(cityscapes), unlabelled, folder);
    expect(await readdir(folder)).toEqual([
      'berlin_000000_000019_labelIds.png',
      'berlin_000001_000019_labelIds.png',
    ]);
    const { data } = await decodeLabels(files[0]!);
    expect([...data]).toEqual([7, 26]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a model of other classes is refused before anything is written', async () => {
  await expect(writeSubmission(segmenter(camvid), unlabelled, 'nowhere')).rejects.toThrow(
    /^submission: expected a model of Cityscapes' classes/,
  );
});
