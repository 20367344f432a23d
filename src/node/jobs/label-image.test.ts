import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { imagenetPixels } from '../../model/index.js';
import type { Segmenter } from '../../prediction/index.js';
import { labelImage } from './label-image.js';

const folder = await mkdtemp(join(tmpdir(), 'hmsa-label-'));
afterAll(() => rm(folder, { recursive: true }));

test('a kind of file that would take too much memory is named, and all others are written', async () => {
  const [width, height] = [300, 200];
  const labels = Uint8Array.from({ length: width * height }, (_, i) => (i * 7 + (i >> 3)) % 3);
  const seen = { width, height };
  const segmenter = {
    memoryLimit: 2e7,
    model: {
      config: { classes: 3, scales: [1], attention: { name: 'none' }, ...imagenetPixels },
      classes: { names: ['a', 'b', 'c'], colors: [0, 1, 2].map((id) => [id, id, id]), ignore: 255 },
    },
    segment: async () => ({ labels, width, height, seen }),
  } as unknown as Segmenter;
  const image = { data: new Uint8Array(3 * width * height), width, height };
  const place = { file: 'a.png', stem: join(folder, 'a'), read: async () => ({ image, notes: [] }) };
  const result = await labelImage(segmenter, place, ['labels', 'polygons', 'rle'], {});
  const written = ['labels.png', 'rle.json'].map((ending) => join(folder, `a.${ending}`));
  expect(result).toEqual({
    file: 'a.png',
    message: expect.stringMatching(
      /^a\.png, polygons: expected \S+ .B of memory, because the labels have many/,
    ),
    written,
  });
  expect((await readdir(folder)).sort()).toEqual(['a.labels.png', 'a.rle.json']);
});
