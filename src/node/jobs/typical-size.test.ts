import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { camvid, camvidIndexLabels } from '../../data/index.js';
import { SyntheticDataset } from '../../scenes/index.js';
import { FileDataset } from '../datasets/index.js';
import { encodePng } from '../images/index.js';
import { largestSize, photoSizes, typicalSize } from './typical-size.js';

test('it is the size of median area, and files that cannot be read are passed over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-size-'));
  try {
    const sizes = [
      [40, 30],
      [300, 2],
      [64, 48],
      [20, 10],
      [30, 40],
    ];
    const items = await Promise.all(
      [...sizes.keys(), 99].map(async (i) => {
        const image = join(folder, `${i}.png`);
        const [width, height] = sizes[i] ?? [];
        const pixels = { data: new Uint8Array(3 * width! * height!), width: width!, height: height! };
        await writeFile(image, width === undefined ? 'no picture' : await encodePng(pixels));
        return { id: `${i}`, image, group: '' };
      }),
    );
    const dataset = new FileDataset({ items, classes: camvid, rule: camvidIndexLabels.byValue });
    const found = await photoSizes(dataset);
    expect(typicalSize(found)).toEqual({ width: 30, height: 40 });
    expect(largestSize(found)).toEqual({ width: 300, height: 48 });
    const none = new FileDataset({ items: items.slice(5), classes: camvid, rule: camvidIndexLabels.byValue });
    expect(typicalSize(await photoSizes(none))).toBeUndefined();
    expect(largestSize(await photoSizes(none))).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a generated set has the size that it is generated at', async () => {
  const scenes = new SyntheticDataset({ split: 'train', count: 3, width: 96, height: 64, seed: 1 });
  expect(typicalSize(await photoSizes(scenes))).toEqual({ width: 96, height: 64 });
});
