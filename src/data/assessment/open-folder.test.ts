import { expect, test } from 'vitest';
import { labels, memoryFolder, photo } from '../../../tests/data/memory.js';
import type { Folder } from '../files/index.js';
import { type Dataset, VOID } from '../index.js';
import { asFiles, assess, openFolder } from './index.js';

/** As VOC is unzipped, with a file of classes, a photograph in no list and one without a label. */
const voc = (): Folder =>
  memoryFolder('photos', {
    'VOC2012/classes.txt': 'background\naeroplane\nbicycle\n',
    'VOC2012/ImageSets/Segmentation/train.txt': '2007_000032\n2007_000033\n',
    'VOC2012/ImageSets/Segmentation/val.txt': '2007_000039\n2007_000042\n',
    'VOC2012/JPEGImages/2007_000032.jpg': photo(32),
    'VOC2012/JPEGImages/2007_000033.jpg': photo(33),
    'VOC2012/JPEGImages/2007_000039.jpg': photo(39),
    'VOC2012/JPEGImages/2007_000042.jpg': photo(42),
    'VOC2012/JPEGImages/2007_000061.jpg': photo(61),
    'VOC2012/SegmentationClass/2007_000032.png': labels(0, 0, 1, 1, 0, 0, 1, 255),
    'VOC2012/SegmentationClass/2007_000033.png': labels(0, 0, 1, 1, 0, 0, 1, 1),
    'VOC2012/SegmentationClass/2007_000039.png': labels(0, 0, 0, 2, 0, 2, 2, 2),
    'VOC2012/SegmentationClass/2007_000061.png': labels(0, 0, 0, 0, 0, 0, 0, 2),
  });

function pairsOf(dataset: Dataset): string[] {
  return asFiles(dataset)!.parts.items.map(({ id, label }) => `${id} < ${label ?? 'none'}`);
}

test('a folder that is on no disk gives its classes, pairs and splits', async () => {
  const source = await openFolder(voc());
  expect(source.spec).toBe('folder:photos');
  expect(source.classes.names).toEqual(['background', 'aeroplane', 'bicycle']);
  expect(source.splits).toEqual(['train', 'val']);
  const below = '/photos/VOC2012/SegmentationClass';
  expect(pairsOf(await source.open('train'))).toEqual([
    `VOC2012/JPEGImages/2007_000032 < ${below}/2007_000032.png`,
    `VOC2012/JPEGImages/2007_000033 < ${below}/2007_000033.png`,
  ]);
  expect(pairsOf(await source.open('val'))).toEqual([
    `VOC2012/JPEGImages/2007_000039 < ${below}/2007_000039.png`,
    'VOC2012/JPEGImages/2007_000042 < none',
  ]);
  expect(source.notes.join(' ')).toContain('1 of 5 photographs are in no list');
  expect(source.faults).toMatchObject([
    { kind: 'missing label', split: 'val', file: 'VOC2012/JPEGImages/2007_000042.jpg' },
  ]);
  const { image, label, width, height } = await (await source.open('train')).get(0);
  expect([width, height, image[0], [...label!]]).toEqual([4, 2, 32, [0, 0, 1, 1, 0, 0, 1, VOID]]);
});

test('what can be trained on and scored is told of it as of one on disk', async () => {
  const source = await openFolder(voc());
  const learned = await assess(source, 'train', { for: 'training', leastSide: 1 });
  expect(learned).toMatchObject({ total: 2, depth: 'whole', leftOut: [] });
  expect(learned.statistics).toMatchObject({ classPixels: [8, 7, 0], voidPixels: 1 });
  const scoring = { for: 'scoring', leastSide: 1 } as const;
  await expect(assess(source, 'val', scoring)).rejects.toThrow(
    '/photos/VOC2012/JPEGImages/2007_000042.jpg: expected a label map, received none',
  );
  const scored = await assess(source, 'val', scoring, { skipBad: true });
  expect([scored.dataset.length, scored.leftOut.length]).toEqual([1, 1]);
});

test('a list names files outside of its folder, in ways of other systems', async () => {
  const folder = memoryFolder('set', {
    'lists/train.txt': '..\\photos\\a.jpg,../masks/a.png\n/set/photos/b.jpg,../masks/./b.png\n',
    'lists/classes.json': '{"classes": [{"name": "road", "id": 7}], "void": [{"name": "rest", "id": 0}]}',
    'photos/a.jpg': photo(1),
    'photos/b.jpg': photo(2),
    'masks/a.png': labels(7, 7, 7, 7, 0, 0, 0, 0),
    'masks/b.png': labels(7, 7, 7, 7, 7, 7, 7, 7),
  });
  const source = await openFolder({ ...folder, root: '/set/lists', list: 'train.txt' }, 'list');
  const train = await source.open('train');
  expect(pairsOf(train)).toEqual(['../photos/a < /set/masks/a.png', '../photos/b < /set/masks/b.png']);
  expect([...(await train.get(0)).label!]).toEqual([0, 0, 0, 0, VOID, VOID, VOID, VOID]);
  expect(source.faults).toEqual([]);
});

test('what the caller gets wrong is an error that says so', async () => {
  await expect(openFolder('photos' as never)).rejects.toThrow(
    'openFolder: expected a folder as { files, root, name }',
  );
  await expect(openFolder(voc(), 'voc')).rejects.toThrow('expected a kind, one of cityscapes,');
  await expect(openFolder(voc(), 'folder', { split: 1 as never })).rejects.toThrow('openFolder, split');
  await expect(openFolder({ ...voc(), root: '/gone' })).rejects.toThrow('received no such folder');
});
