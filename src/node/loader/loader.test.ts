import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { HmsaError } from '../../base/errors/index.js';
import { augmentPresets } from '../../data/augmentation/index.js';
import { type Dataset, type Sample, VOID } from '../../data/index.js';
import { SyntheticDataset } from '../../scenes/index.js';
import { openDataset } from '../datasets/index.js';
import { writeSyntheticDataset } from '../write-synthetic.js';
import { type LoadedBatch, type Loader, openLoader } from './loader.js';
import type { LoaderOptions } from './options.js';

const parts = { count: 7, width: 64, height: 32, seed: 1, split: 'train' };
const scenes = new SyntheticDataset(parts);
const crop = { width: 24, height: 16 };
/** In the calling thread, since Node 20 cannot load a worker from TypeScript. */
const options: LoaderOptions = {
  batchSize: 2,
  seed: 3,
  workers: 0,
  augment: augmentPresets.replication(crop),
};

const folder = await mkdtemp(join(tmpdir(), 'hmsa-loader-'));
afterAll(() => rm(folder, { recursive: true }));

async function collect(loader: Loader, epoch: number, from = 0): Promise<LoadedBatch[]> {
  const batches: LoadedBatch[] = [];
  for await (const batch of loader.epoch(epoch, { from })) batches.push(batch);
  return batches;
}

/** Samples whose every value is their index; those of `bad` cannot be read. */
class Numbered implements Dataset {
  readonly classes = scenes.classes;
  constructor(
    readonly length: number,
    readonly bad: readonly number[] = [],
  ) {}
  async get(index: number): Promise<Sample> {
    if (this.bad.includes(index)) {
      throw new HmsaError({ operation: `${index}.png`, expected: 'an image', received: 'rubbish' });
    }
    return { image: new Uint8Array(12).fill(index), width: 2, height: 2, id: `${index}` };
  }
}

describe('batches', () => {
  test('have the crop’s size, every sample once, and the last filled up', async () => {
    const loader = await openLoader(scenes, options);
    const batches = await collect(loader, 0);
    expect(loader.batchesPerEpoch).toBe(4);
    expect(batches.map(({ epoch, index }) => [epoch, index])).toEqual(
      [0, 1, 2, 3].map((index) => [0, index]),
    );
    for (const { images, labels, size } of batches) {
      expect(size).toEqual([2, 16, 24]);
      expect(images).toHaveLength(2 * 16 * 24 * 3);
      expect(labels).toHaveLength(2 * 16 * 24);
    }
    const ids = batches.flatMap((batch) => batch.ids);
    expect(new Set(ids).size).toBe(7);
    expect(ids[7]).toBe(ids[0]);
    await loader.close();
  });

  test('a full batch is filled anew, augmented another way', async () => {
    const loader = await openLoader(scenes, { ...options, batchSize: 8 });
    const [batch] = await collect(loader, 0);
    const pixels = 24 * 16 * 3;
    expect(batch!.ids[7]).toBe(batch!.ids[0]);
    expect(batch!.images.subarray(7 * pixels)).not.toEqual(batch!.images.subarray(0, pixels));
    await loader.close();
  });

  test.each([
    ['drop', [2, 2, 2]],
    ['keep', [2, 2, 2, 1]],
  ] as const)('lastBatch %s', async (lastBatch, sizes) => {
    const loader = await openLoader(new Numbered(7), { batchSize: 2, seed: 1, workers: 0, lastBatch });
    expect((await collect(loader, 0)).map(({ ids }) => ids.length)).toEqual(sizes);
    await loader.close();
  });

  test('are the same from the middle of an epoch on, and other in another epoch', async () => {
    const loader = await openLoader(scenes, options);
    const whole = await collect(loader, 2);
    const again = await openLoader(scenes, options);
    const rest = await collect(again, 2, 2);
    expect(rest).toEqual(whole.slice(2));
    expect((await collect(loader, 3))[0]!.images).not.toEqual(whole[0]!.images);
    await Promise.all([loader.close(), again.close()]);
  });

  test('a stream runs through the epochs', async () => {
    const loader = await openLoader(new Numbered(4), { batchSize: 2, seed: 1, workers: 0 });
    const places: [number, number][] = [];
    for await (const { epoch, index } of loader.stream({ from: 1, to: 5 })) places.push([epoch, index]);
    expect(places).toEqual([
      [0, 1],
      [1, 0],
      [1, 1],
      [2, 0],
    ]);
    await loader.close();
  });

  test('come by their numbers, in any order', async () => {
    const loader = await openLoader(scenes, options);
    const whole = [...(await collect(loader, 0)), ...(await collect(loader, 1))];
    for (const numbers of [[5, 0, 5], new Set([7, 2]), [3, 1].values()]) {
      const wanted = [...(Array.isArray(numbers) || numbers instanceof Set ? numbers : [3, 1])];
      const found: LoadedBatch[] = [];
      for await (const batch of loader.batches(numbers)) found.push(batch);
      expect(found).toEqual(wanted.map((number) => whole[number]));
    }
    expect(() => loader.batches(3 as never)).toThrow(/^batches: expected an iterable of numbers/);
    await expect(loader.batches([-1]).next()).rejects.toThrow(/^batches: expected the number of a batch/);
    await loader.close();
  });

  test('unlabelled photographs are void, sequential order is the data set’s', async () => {
    const loader = await openLoader(new Numbered(3), {
      batchSize: 3,
      seed: 1,
      workers: 0,
      sampling: 'sequential',
    });
    const [batch] = await collect(loader, 0);
    expect(batch!.ids).toEqual(['0', '1', '2']);
    expect(batch!.labels.every((id) => id === VOID)).toBe(true);
    await loader.close();
  });

  test('an epoch can be left early', async () => {
    const loader = await openLoader(scenes, options);
    for await (const batch of loader.epoch(0)) {
      expect(batch.index).toBe(0);
      break;
    }
    expect(loader.report.batches).toBe(1);
    await loader.close();
  });
});

test.each(['paper', 'replication', 'none'] as const)(
  'files of which a part is read give what whole files give: %s',
  async (preset) => {
    const root = join(folder, preset);
    await writeSyntheticDataset(root, { count: 3, width: 64, height: 32, seed: 5, splits: ['train'] });
    const files = await openDataset(`cityscapes:${root}`, { split: 'train' });
    const { classes, length } = files;
    const wholes: Dataset = { classes, length, get: (index) => files.get(index) };
    const parts = await openLoader(files, { ...options, augment: augmentPresets[preset](crop) });
    const whole = await openLoader(wholes, { ...options, augment: augmentPresets[preset](crop) });
    for (const epoch of [0, 1]) expect(await collect(parts, epoch)).toEqual(await collect(whole, epoch));
    await Promise.all([parts.close(), whole.close()]);
  },
);

test('samples of several sizes need a crop to be stacked', async () => {
  const mixed = new Numbered(2);
  mixed.get = async (index) => ({
    image: new Uint8Array(3 + 3 * index),
    width: 1 + index,
    height: 1,
    id: 'x',
  });
  const loader = await openLoader(mixed, { batchSize: 2, seed: 1, workers: 0 });
  await expect(collect(loader, 0)).rejects.toThrow('like the others of its batch');
  await loader.close();
});

describe('samples that cannot be read', () => {
  test('fail the batch they are in, and name their file', async () => {
    const loader = await openLoader(new Numbered(6, [3]), {
      batchSize: 2,
      seed: 1,
      workers: 0,
      sampling: 'sequential',
    });
    const seen: string[] = [];
    const all = (async () => {
      for await (const { ids } of loader.epoch(0)) seen.push(...ids);
    })();
    await expect(all).rejects.toThrow(/^3\.png: expected an image/);
    expect(seen).toEqual(['0', '1']);
    await loader.close();
  });

  test('are replaced and listed with skipBad', async () => {
    const loader = await openLoader(new Numbered(6, [3, 4]), {
      batchSize: 2,
      seed: 1,
      workers: 0,
      sampling: 'sequential',
      skipBad: true,
    });
    const ids = (await collect(loader, 0)).flatMap((batch) => batch.ids);
    expect(ids).toEqual(['0', '1', '2', '5', '5', '5']);
    expect(loader.report.skipped.map(({ index }) => index)).toEqual([3, 4]);
    expect(loader.report.skipped[0]!.message).toContain('3.png');
    await loader.close();
  });

  test('end the epoch where there is no other', async () => {
    const loader = await openLoader(new Numbered(2, [0, 1]), {
      batchSize: 1,
      seed: 1,
      workers: 0,
      skipBad: true,
    });
    await expect(collect(loader, 0)).rejects.toThrow(HmsaError);
    await loader.close();
  });
});

describe('class-uniform sampling', () => {
  test('indexes the classes once and keeps the index by fingerprint and tile', async () => {
    let indexed = 0;
    const uniform: LoaderOptions = {
      ...options,
      sampling: 'class-uniform',
      cache: join(folder, 'cache'),
      onIndexing: () => indexed++,
    };
    const first = await openLoader(scenes, uniform);
    expect(indexed).toBe(7);
    const batches = await collect(first, 0);
    const second = await openLoader(scenes, uniform);
    expect(indexed).toBe(7);
    expect(second.classIndex).toEqual(first.classIndex);
    expect(await collect(second, 0)).toEqual(batches);
    await openLoader(new SyntheticDataset({ ...parts, seed: 2 }), uniform).then((loader) => loader.close());
    expect(indexed).toBe(14);
    const files = await readdir(join(folder, 'cache'));
    expect(files).toHaveLength(2);
    // A damaged file is built again.
    for (const file of files) await writeFile(join(folder, 'cache', file), '{"tile":');
    const third = await openLoader(scenes, uniform);
    expect(indexed).toBe(21);
    expect(third.classIndex).toEqual(first.classIndex);
    await Promise.all([first, second, third].map((loader) => loader.close()));
  });
});

test.each([
  [{ batchSize: 0 }],
  [{ seed: 0.5 }],
  [{ workers: -1 }],
  [{ prefetch: 0 }],
  [{ sampling: 'class-uniform', augment: {} }],
  [{ batchSize: 9, lastBatch: 'drop' }],
] as [Partial<LoaderOptions>][])('refuses %j', async (change) => {
  await expect(openLoader(scenes, { ...options, ...change })).rejects.toThrow(HmsaError);
});

test('a data set of the caller’s own cannot cross to threads', async () => {
  await expect(openLoader(new Numbered(3), { batchSize: 1, seed: 1, workers: 1 })).rejects.toThrow(
    /workers: 0/,
  );
});
