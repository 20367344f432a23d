import { encode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeTree } from '../../../tests/data/files.js';
import {
  ade20kFiles,
  camvidColorFiles,
  camvidIndexFiles,
  cityscapesFiles,
  type Files,
  HEIGHT,
  mapillaryFiles,
  WIDTH,
} from '../../../tests/data/layouts.js';
import { join, mkdtemp, rm, tmpdir } from '../../../tests/support/node.js';
import { FileDataset, openDataset } from '../../node/datasets/index.js';
import { type Dataset, VOID } from '../index.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-layout-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Writes the files and opens them, as `KIND` and split. */
async function openTree(files: Files, kind: string, split?: string): Promise<Dataset> {
  await writeTree(root, files);
  return openDataset(`${kind}:${root}`, split === undefined ? {} : { split });
}

async function ids(dataset: Dataset): Promise<string[]> {
  return Promise.all(Array.from({ length: dataset.length }, async (_, i) => (await dataset.get(i)).id));
}

/** The train ids of the first sample's label, in the order of its bands. */
async function labelBands(dataset: Dataset): Promise<number[]> {
  const { label, image, width, height } = await dataset.get(0);
  expect([width, height, image.length]).toEqual([WIDTH, HEIGHT, WIDTH * HEIGHT * 3]);
  return [...new Set(label)];
}

describe('cityscapes', () => {
  for (const merged of [true, false]) {
    test(`${merged ? 'merged' : 'unzipped side by side'}: splits, cities, labelIds to train ids`, async () => {
      const train = await openTree(cityscapesFiles({ merged, extra: true }), 'cityscapes', 'train');
      expect(train.length).toBe(5);
      expect((await train.get(0)).id).toBe(
        `${merged ? '' : 'leftImg8bit_trainvaltest/'}leftImg8bit/train/aachen/aachen_000000_000000_leftImg8bit`,
      );
      expect(await labelBands(train)).toEqual([0, 2, VOID]);
      expect(train.classes.names.length).toBe(19);
      const extra = await openDataset(`cityscapes:${root}`, { split: 'train_extra' });
      expect(await labelBands(extra)).toEqual([0, 2, VOID]);
      const test = await openDataset(`cityscapes:${root}`, { split: 'test' });
      expect((await test.get(0)).label).toBeUndefined();
    });
  }

  test('ready labelTrainIds', async () => {
    expect(
      await labelBands(await openTree(cityscapesFiles({ trainIds: true }), 'cityscapes', 'val')),
    ).toEqual([0, 2, VOID]);
  });

  test('coarse labels throughout', async () => {
    const coarse = await openTree(cityscapesFiles({ extra: true }), 'cityscapes-coarse', 'train_extra');
    expect(await labelBands(coarse)).toEqual([0, 2, VOID]);
  });

  test('cities as groups', async () => {
    await writeTree(root, cityscapesFiles());
    const open = (...groups: string[]) => openDataset(`cityscapes:${root}`, { split: 'train', groups });
    expect((await open('bochum')).length).toBe(3);
    expect((await open('!bochum')).length).toBe(2);
    await expect(open('bochun')).rejects.toThrow('Did you mean bochum?');
  });
});

describe('camvid', () => {
  for (const lists of [true, false]) {
    test(`11-class indices ${lists ? 'with' : 'without'} list files`, async () => {
      const train = await openTree(camvidIndexFiles({ lists }), 'camvid', 'train');
      expect(train.length).toBe(12);
      expect((await train.get(8)).id).toBe('train/0016E5_000390');
      expect(await labelBands(train)).toEqual([0, 1, 3, 10, VOID]);
    });
  }

  test("only the requested split's folders are needed", async () => {
    const files = Object.entries(camvidIndexFiles()).filter(([path]) => path.startsWith('val'));
    expect((await openTree(Object.fromEntries(files), 'camvid', 'val')).length).toBe(2);
    await expect(openDataset(`camvid:${root}`, { split: 'train' })).rejects.toThrow('expected one of val');
  });

  test('dev and dev-train share no frame and no neighbour', async () => {
    await writeTree(root, camvidIndexFiles());
    const blocks = { count: 4, seed: 3 };
    const open = (split: string) => openDataset(`camvid:${root}`, { split, blocks });
    const held = await open('dev');
    const [dev, rest] = [await ids(held), await ids(await open('dev-train'))];
    expect(dev.length).toBe(4);
    const blockOf = (index: number) => (held instanceof FileDataset ? held.item(index).block : undefined);
    expect(new Set([...dev.keys()].map(blockOf))).toEqual(new Set([0, 1, 2]));
    const train = await ids(await openDataset(`camvid:${root}`, { split: 'train' }));
    for (const id of dev) {
      const at = train.indexOf(id);
      const video = id.slice(0, 12);
      const near = [train[at - 1], id, train[at + 1]].filter((other) => other?.startsWith(video));
      for (const other of near) expect(rest).not.toContain(other);
    }
  });

  test('the original 32 colours, in the usual split, by 11 classes', async () => {
    const train = await openTree(camvidColorFiles(), 'camvid', 'train');
    expect(await ids(train)).toEqual([
      '701_StillsRaw_full/0001TP_006690',
      '701_StillsRaw_full/0006R0_f00930',
    ]);
    expect(await labelBands(train)).toEqual([0, 1, 3, VOID]);
    expect((await openDataset(`camvid:${root}`, { split: 'val' })).length).toBe(1);
    expect((await openDataset(`camvid:${root}`, { split: 'test' })).length).toBe(2);
  });
});

test('ade20k: 0 is void, 150 the last class', async () => {
  const train = await openTree(ade20kFiles(), 'ade20k', 'training');
  expect(train.length).toBe(2);
  expect(await labelBands(train)).toEqual([VOID, 0, 149]);
});

describe('mapillary', () => {
  test('v1.2 and v2.0, each with its config and its labels', async () => {
    await writeTree(root, mapillaryFiles('config_v1.2.json', 'v1.2/labels'));
    await writeTree(root, mapillaryFiles('config_v2.0.json', 'v2.0/labels'));
    for (const kind of ['mapillary', 'mapillary-v1.2', 'mapillary-v2.0']) {
      const train = await openDataset(`${kind}:${root}`, { split: 'train' });
      expect(train.classes.names).toEqual([
        'animal--bird',
        'construction--flat--road',
        'nature--sky',
        'object--vehicle--car',
      ]);
      expect(await labelBands(train)).toEqual([1, VOID, 3]);
    }
    expect((await openDataset(`mapillary:${root}`, { split: 'validation' })).length).toBe(1);
  });

  test('the first release without versions in its names', async () => {
    expect(
      await labelBands(await openTree(mapillaryFiles('config.json', 'labels'), 'mapillary', 'val')),
    ).toEqual([1, VOID, 3]);
  });

  test('16-bit instance maps where there are no labels', async () => {
    const files = mapillaryFiles('config_v1.2.json', 'v1.2/instances');
    const data = new Uint16Array(WIDTH * HEIGHT).map((_, i) => (i < 100 ? 1 * 256 + 7 : 4 * 256 + 255));
    for (const path of Object.keys(files)) {
      if (path.includes('/instances/')) {
        files[path] = encode({ width: WIDTH, height: HEIGHT, depth: 16, channels: 1, data });
      }
    }
    expect(await labelBands(await openTree(files, 'mapillary', 'train'))).toEqual([1, 3]);
  });
});

test('an empty folder is refused by what is missing, for every layout', async () => {
  await writeTree(root, { 'notes.md': '' });
  for (const [kind, named] of [
    ['cityscapes', 'leftImg8bit'],
    ['camvid', 'trainannot'],
    ['mapillary', 'config_v1.2.json'],
    ['ade20k', 'ADEChallengeData2016'],
    ['folder', 'a folder of photographs'],
    ['list', 'a text file'],
  ] as const) {
    await expect(openDataset(`${kind}:${root}`), kind).rejects.toThrow(named);
  }
});
