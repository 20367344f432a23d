import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bands, randomPhoto, writeTree } from '../../../tests/data/files.js';
import type { Files } from '../../../tests/data/layouts.js';
import {
  basename,
  join,
  mkdtemp,
  relative,
  rename,
  rm,
  symlink,
  tmpdir,
} from '../../../tests/support/node.js';
import { diskFolder } from '../../node/datasets/disk.js';
import { openDataset } from '../../node/datasets/open.js';
import type { FileTree } from '../pairs/tree.js';
import { folderKind } from './folder.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-places-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const photo = randomPhoto('a', 12, 8);
const mask = bands([0, 1], 12, 8);

/** Photographs where the name ends in .jpg, else masks; texts are empty. */
function filesOf(...paths: string[]): Files {
  return Object.fromEntries(
    paths.map((path) => [
      path,
      /\.(xml|json|txt|npy)$/.test(path) ? '' : path.endsWith('.jpg') ? photo : mask,
    ]),
  );
}

async function scan(files: Files): Promise<FileTree> {
  await writeTree(root, files);
  return folderKind.scan(await diskFolder(root), {});
}

/** `photograph < label` by split. */
function pairsOf(tree: FileTree): Record<string, string[]> {
  const below = (path: string) => relative(tree.root, path);
  return Object.fromEntries(
    Object.entries(tree.splits).map(([split, items]) => [
      split,
      items.map(({ image, label }) => `${below(image)} < ${label === undefined ? 'none' : below(label)}`),
    ]),
  );
}

const faultsOf = (tree: FileTree) => tree.faults.map(({ kind, file, split }) => [kind, file, split]);

describe('layouts that people have', () => {
  test('mmsegmentation: img_dir/ and ann_dir/', async () => {
    const tree = await scan(
      filesOf('img_dir/train/x.jpg', 'ann_dir/train/x.png', 'img_dir/val/x.jpg', 'ann_dir/val/x.png'),
    );
    expect(pairsOf(tree)).toEqual({
      train: ['img_dir/train/x.jpg < ann_dir/train/x.png'],
      val: ['img_dir/val/x.jpg < ann_dir/val/x.png'],
    });
  });

  test('KITTI: image_2/ and semantic/ below training/', async () => {
    const tree = await scan(
      filesOf(
        'training/image_2/000000_10.png',
        'training/semantic/000000_10.png',
        'training/semantic_rgb/000000_10.png',
        'testing/image_2/000001_10.png',
      ),
    );
    expect(pairsOf(tree)).toEqual({
      train: ['training/image_2/000000_10.png < training/semantic/000000_10.png'],
      test: ['testing/image_2/000001_10.png < none'],
    });
  });

  test('ISIC: the split is inside the names of the folders', async () => {
    const tree = await scan(
      filesOf(
        'ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg',
        'ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png',
        'ISIC2018_Task1-2_Validation_Input/ISIC_0012255.jpg',
        'ISIC2018_Task1_Validation_GroundTruth/ISIC_0012255_segmentation.png',
      ),
    );
    expect(pairsOf(tree)).toEqual({
      train: [
        'ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg < ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png',
      ],
      val: [
        'ISIC2018_Task1-2_Validation_Input/ISIC_0012255.jpg < ISIC2018_Task1_Validation_GroundTruth/ISIC_0012255_segmentation.png',
      ],
    });
  });

  test('eval/ is the validation split', async () => {
    const tree = await scan(
      filesOf('train/images/a.jpg', 'train/masks/a.png', 'eval/images/b.jpg', 'eval/masks/b.png'),
    );
    expect(pairsOf(tree).val).toEqual(['eval/images/b.jpg < eval/masks/b.png']);
  });

  test('labelme: arrays and visualisations beside SegmentationClassPNG/', async () => {
    const tree = await scan(
      filesOf(
        'JPEGImages/x.jpg',
        'SegmentationClass/x.npy',
        'SegmentationClassPNG/x.png',
        'SegmentationClassVisualization/x.jpg',
      ),
    );
    expect(pairsOf(tree)).toEqual({ all: ['JPEGImages/x.jpg < SegmentationClassPNG/x.png'] });
    expect(tree.notes).toContain('Not read: SegmentationClassVisualization/ (1 image).');
  });

  test('VOC: XML in Annotations/, lists in ImageSets/, also one folder down', async () => {
    const files = filesOf(
      'Annotations/a.xml',
      'Annotations/b.xml',
      'JPEGImages/a.jpg',
      'JPEGImages/b.jpg',
      'JPEGImages/c.jpg',
      'SegmentationClass/a.png',
      'SegmentationClass/b.png',
      'SegmentationObject/a.png',
    );
    const lists = { 'ImageSets/Segmentation/train.txt': 'a\r\n', 'ImageSets/Segmentation/val.txt': 'b' };
    const moved = Object.fromEntries(
      Object.entries({ ...files, ...lists }).map(([path, content]) => [`VOC2012/${path}`, content]),
    );
    const tree = await scan(moved);
    expect(pairsOf(tree)).toEqual({
      train: ['VOC2012/JPEGImages/a.jpg < VOC2012/SegmentationClass/a.png'],
      val: ['VOC2012/JPEGImages/b.jpg < VOC2012/SegmentationClass/b.png'],
    });
    expect(tree.faults).toEqual([]);
    expect(tree.notes).toContain('1 of 3 photographs are in no list.');
    const more = await scan({ 'VOC2012/ImageSets/Segmentation/train_aug.txt': 'a\nc' });
    expect(pairsOf(more)).toEqual(pairsOf(tree));
    expect(more.notes).toContainEqual(
      expect.stringMatching(
        /^VOC2012\/ImageSets\/Segmentation\/train_aug\.txt: not read as a split; --split \/.*train_aug\.txt reads one\.$/,
      ),
    );
  });

  test('Supervisely: img/ and masks_machine/, the whole name in the mask’s', async () => {
    const tree = await scan(
      filesOf(
        'ds0/img/x.jpg',
        'ds0/ann/x.jpg.json',
        'ds0/masks_machine/x.jpg.png',
        'ds1/img/x.jpg',
        'ds1/masks_machine/x.jpg.png',
      ),
    );
    expect(pairsOf(tree)).toEqual({
      all: ['ds0/img/x.jpg < ds0/masks_machine/x.jpg.png', 'ds1/img/x.jpg < ds1/masks_machine/x.jpg.png'],
    });
  });

  test('Carvana: train/ and train_masks/ of GIF', async () => {
    const tree = await scan(
      filesOf('train/x.jpg', 'train_masks/x_mask.gif', 'val/y.jpg', 'val_masks/y_mask.gif'),
    );
    expect(pairsOf(tree)).toEqual({
      train: ['train/x.jpg < train_masks/x_mask.gif'],
      val: ['val/y.jpg < val_masks/y_mask.gif'],
    });
  });

  test('dev/ beside train/ is a split, and not a folder that is not read', async () => {
    const tree = await scan(
      filesOf('train/images/a.jpg', 'train/masks/a.png', 'dev/images/b.jpg', 'dev/masks/b.png'),
    );
    expect(pairsOf(tree)).toEqual({
      train: ['train/images/a.jpg < train/masks/a.png'],
      dev: ['dev/images/b.jpg < dev/masks/b.png'],
    });
  });

  test('Roboflow: side by side in train/ and valid/', async () => {
    const tree = await scan(
      filesOf('train/a_jpg.rf.0f.jpg', 'train/a_jpg.rf.0f_mask.png', 'valid/b.jpg', 'valid/b_mask.png'),
    );
    expect(pairsOf(tree)).toEqual({
      train: ['train/a_jpg.rf.0f.jpg < train/a_jpg.rf.0f_mask.png'],
      val: ['valid/b.jpg < valid/b_mask.png'],
    });
  });

  test('train_images/ and train_labels/, images/ and masks/ beside test/', async () => {
    expect(pairsOf(await scan(filesOf('train_images/a.jpg', 'train_labels/a.png')))).toEqual({
      train: ['train_images/a.jpg < train_labels/a.png'],
    });
    await rm(root, { recursive: true });
    expect(pairsOf(await scan(filesOf('images/a.jpg', 'masks/a.png', 'test/images/b.jpg')))).toEqual({
      all: ['images/a.jpg < masks/a.png'],
      test: ['test/images/b.jpg < none'],
    });
  });

  test('DeepGlobe: x_sat.jpg and x_mask.png', async () => {
    expect(pairsOf(await scan(filesOf('train/1_sat.jpg', 'train/1_mask.png')))).toEqual({
      train: ['train/1_sat.jpg < train/1_mask.png'],
    });
  });

  test('images/ and masks/ that are links, inside and outside', async () => {
    await writeTree(root, filesOf('set/raw/a.jpg', 'set/drawn/a.png'));
    const set = join(root, 'set');
    await symlink('raw', join(set, 'images'));
    await symlink('drawn', join(set, 'masks'));
    expect(pairsOf(await folderKind.scan(await diskFolder(set), {}))).toEqual({
      all: ['images/a.jpg < masks/a.png'],
    });
    await rename(join(set, 'raw'), join(root, 'raw'));
    await rename(join(set, 'drawn'), join(root, 'drawn'));
    for (const name of ['images', 'masks']) await rm(join(set, name));
    await symlink(join(root, 'raw'), join(set, 'images'));
    await symlink(join(root, 'drawn'), join(set, 'masks'));
    await expect(folderKind.scan(await diskFolder(set), {})).rejects.toThrow(
      'received a symbolic link that leads elsewhere. Follow it with --follow-links',
    );
    expect(pairsOf(await folderKind.scan(await diskFolder(set), { followLinks: true }))).toEqual({
      all: ['images/a.jpg < masks/a.png'],
    });
  });
});

describe('which label belongs to a photograph', () => {
  test('equal names come before suffixes', async () => {
    const names = ['0001', '0001_L', '0001_R', '0002_L', '0003-seg'];
    const files = filesOf(...names.flatMap((name) => [`images/${name}.jpg`, `masks/${name}.png`]));
    const tree = await scan({ ...files, ...filesOf('images/0004.jpg', 'masks/0004_mask.png') });
    expect(pairsOf(tree).all!.sort()).toEqual([
      ...names.map((name) => `images/${name}.jpg < masks/${name}.png`),
      'images/0004.jpg < masks/0004_mask.png',
    ]);
    expect(tree.faults).toEqual([]);
  });

  test('of several candidates none is taken', async () => {
    const tree = await scan(
      filesOf(
        'images/a.jpg',
        'masks/a_mask.png',
        'masks/a_gt.png',
        'images/b.jpg',
        'masks/b.png',
        'images/c.jpg',
        'images/c.jpe',
        'masks/c.png',
      ),
    );
    expect(pairsOf(tree)).toEqual({ all: ['images/b.jpg < masks/b.png'] });
    expect(faultsOf(tree)).toEqual([
      ['ambiguous name', 'images/c.jpe', 'all'],
      ['ambiguous name', 'images/c.jpg', 'all'],
      ['ambiguous name', 'images/a.jpg', 'all'],
    ]);
    expect(tree.faults[2]!.detail).toContain('masks/a_gt.png and masks/a_mask.png');
  });

  test('names that look alike are equal, and as long as a file system takes', async () => {
    const long = 'n'.repeat(240);
    const tree = await scan(
      filesOf('images/caf\u0065\u0301.jpg', 'masks/caf\u00e9.png', `images/${long}.jpg`, `masks/${long}.png`),
    );
    expect(tree.splits.all!.map(({ image, label }) => [basename(image), basename(label!)])).toEqual([
      ['caf\u0065\u0301.jpg', 'caf\u00e9.png'],
      [`${long}.jpg`, `${long}.png`],
    ]);
    expect(tree.faults).toEqual([]);
  });

  test('equal names in subfolders never mix', async () => {
    const tree = await scan({
      ...filesOf(...['aa', 'bb'].flatMap((folder) => [`images/${folder}/1.jpg`, `masks/${folder}/1.png`])),
      'train.txt': 'aa/1.jpg\n',
      'val.txt': 'bb/1.jpg\n',
    });
    expect(pairsOf(tree)).toEqual({
      train: ['images/aa/1.jpg < masks/aa/1.png'],
      val: ['images/bb/1.jpg < masks/bb/1.png'],
    });
  });

  test('a file that looks like one of classes and is not read is named', async () => {
    const tree = await scan({ ...filesOf('images/a.jpg', 'masks/a.png'), 'data.yaml': 'names: [a, b]' });
    expect(tree.notes.join('\n')).toContain('Not read for classes: data.yaml. Write a classes.json');
  });

  test('two folders of labels: the one that fits more, or a refusal', async () => {
    const files = filesOf('images/a.jpg', 'images/b.jpg', 'masks/a.png', 'labels/a.png', 'labels/b.png');
    const tree = await scan(files);
    expect(pairsOf(tree).all).toEqual(['images/a.jpg < labels/a.png', 'images/b.jpg < labels/b.png']);
    expect(tree.notes).toContain(
      'Of the folders whose names fit, images/ and labels/ share most names and are read.',
    );
    await expect(scan(filesOf('masks/b.png'))).rejects.toThrow(
      'received labels/ and masks/, whose names fit equally well',
    );
  });
});

describe('lists of splits', () => {
  const names = ['img_1_jpg.rf.aa01', '2019-05-01T12.30.45', 'my photo 1', '#hash', "it's", 'a,b;c'];
  const files = filesOf(...names.flatMap((name) => [`images/${name}.jpg`, `masks/${name}.png`]));

  test('whatever names they hold', async () => {
    const tree = await scan({
      ...files,
      'train.txt': `# chosen\n${names.join('\n')}\n`,
      'val.csv': 'file,mask\n"my photo 1.jpg",x',
    });
    expect(tree.splits.train!.map(({ id }) => id)).toEqual(names.map((name) => `images/${name}`));
    expect(tree.splits.val!.map(({ id }) => id)).toEqual(['images/my photo 1']);
    expect(tree.notes.join(' ')).toContain(
      '1 photograph is in several splits, such as images/my photo 1.jpg in train and val',
    );
  });

  test('some names that are not there are faults, most are an error', async () => {
    const tree = await scan({ ...files, 'train.txt': "it's\n#hash\ngone.jpg\n#gone too.jpg\n#it's\n" });
    expect(tree.splits.train!.length).toBe(2);
    expect(tree.faults).toEqual([
      { kind: 'missing image', file: 'gone.jpg', split: 'train', detail: 'line 3 of train.txt names it' },
      {
        kind: 'missing image',
        file: '#gone too.jpg',
        split: 'train',
        detail: 'line 4 of train.txt names it',
      },
    ]);
    await expect(scan({ 'train.txt': "gone\nit's\naway\nlost" })).rejects.toThrow(
      'train.txt: expected names of photographs in the data set, received 3 of 4 that are missing: gone (line 1), away (line 3) and lost (line 4).',
    );
  });

  test('a name that fits several photographs is refused with them', async () => {
    const twice = filesOf('images/aa/1.jpg', 'masks/aa/1.png', 'images/bb/1.jpg', 'masks/bb/1.png');
    await expect(scan({ ...twice, 'train.txt': '1.jpg' })).rejects.toThrow(
      'train.txt, line 1: expected the name of one photograph, received 1.jpg, which may be images/aa/1.jpg and images/bb/1.jpg.',
    );
  });

  test('beside folders of splits they are not read, which is said', async () => {
    const tree = await scan({ ...filesOf('train/a.jpg', 'train/a.png'), 'train.txt': 'b' });
    expect(tree.notes).toContain('train.txt are not read: folders divide the set.');
  });
});

describe('no labels', () => {
  test('in the whole set: what was looked for and what is where', async () => {
    await expect(
      scan(filesOf('images/train/a.jpg', 'labels/train/a.txt', 'Annotations/a.xml')),
    ).rejects.toThrow(
      /expected a folder of photographs \(images, .*\) beside one of label images \(masks, .*received no label image for any of 1 photographs; Annotations\/ holds 1 \.xml, images\/train\/ holds 1 \.jpg and labels\/train\/ holds 1 \.txt\. Boxes and polygons/s,
    );
  });

  test('of names that fit: two that do not', async () => {
    await expect(scan(filesOf('images/a.jpg', 'masks/b.png'))).rejects.toThrow(
      'received labels whose names fit no photograph: images/a.jpg and masks/b.png',
    );
  });

  test('in one split: a fault of the split', async () => {
    const tree = await scan(
      filesOf('train/images/a.jpg', 'train/images/b.jpg', 'val/images/c.jpg', 'val/masks/c.png'),
    );
    expect(tree.faults).toEqual([
      {
        kind: 'missing label',
        file: 'train/images',
        split: 'train',
        detail: 'the split train cannot be trained or scored on: none of its 2 photographs has a label',
      },
    ]);
  });

  test('of one photograph: a fault of its split, also when a list divides', async () => {
    const tree = await scan({
      ...filesOf('images/a.jpg', 'images/b.jpg', 'images/c.jpg', 'masks/a.png'),
      'train.txt': 'a\nb',
    });
    expect(faultsOf(tree)).toEqual([['missing label', 'images/b.jpg', 'train']]);
  });
});

test('a photograph of a format that is not read is a fault', async () => {
  const tree = await scan({
    ...filesOf('images/a.jpg', 'masks/a.png'),
    'images/b.heic': 'x',
    'images/c.bmp': 'BM',
  });
  expect(faultsOf(tree)).toEqual([
    ['left out', 'images/b.heic', undefined],
    ['left out', 'images/c.bmp', undefined],
  ]);
  expect((await openDataset(`folder:${root}`)).length).toBe(1);
});
