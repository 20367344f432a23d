import { encode } from 'fast-png';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bands, colorBands, randomPhoto, writeTree } from '../../../tests/data/files.js';
import type { Files } from '../../../tests/data/layouts.js';
import { basename, join, mkdtemp, rm, tmpdir, writeFile } from '../../../tests/support/node.js';
import { hash32 } from '../../base/random/index.js';
import { disk } from '../../node/datasets/disk.js';
import { type FileDataset, openDataset } from '../../node/datasets/index.js';
import { readClassFile } from '../classes/class-file.js';
import { type Rgb, VOID } from '../index.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const photo = (seed: string) => randomPhoto(seed, 12, 8);
const mask = bands([0, 1, 2, 255], 12, 8);
const [red, green, black]: Rgb[] = [
  [200, 0, 0],
  [0, 200, 0],
  [0, 0, 0],
];

async function open(files: Files, split?: string, options = {}) {
  await writeTree(root, files);
  return openDataset(`folder:${root}`, { ...(split && { split }), ...options });
}

async function labelBands(dataset: Awaited<ReturnType<typeof open>>): Promise<number[]> {
  return [...new Set((await dataset.get(0)).label)];
}

describe('where the files are', () => {
  const layouts: Record<string, Files> = {
    'images/ and masks/': { 'images/sub/a.jpg': photo('a'), 'masks/sub/a.png': mask },
    'train/images and train/labels': { 'train/images/a.jpg': photo('a'), 'train/labels/a.png': mask },
    'images/train and annotations/train': {
      'images/train/a.jpg': photo('a'),
      'annotations/train/a.png': mask,
    },
    'train/ and train_masks/': { 'train/a.jpg': photo('a'), 'train_masks/a_mask.png': mask },
    'train/ and trainannot/': { 'train/a.png': photo('a'), 'trainannot/a.png': mask },
    'side by side by suffix': {
      'a.png': photo('a'),
      'a_mask.png': mask,
      'b.png': photo('b'),
      'b_mask.png': mask,
    },
    'side by side by extension': { 'frames/a.jpg': photo('a'), 'frames/a.png': mask },
  };
  for (const [name, files] of Object.entries(layouts)) {
    test(name, async () => {
      const dataset = await open(files, name.includes('train') ? 'train' : undefined);
      expect(dataset.length).toBe(Object.keys(files).length / 2);
      expect((await dataset.get(0)).id).toMatch(/a$/);
      expect(await labelBands(dataset)).toEqual([0, 1, 2, VOID]);
    });
  }

  test('divided by train.txt and val.txt, or by a list given as the split', async () => {
    const files: Files = { 'train.txt': 'a\nb\n', 'val.txt': 'images/c.jpg\n' };
    for (const name of ['a', 'b', 'c']) {
      files[`images/${name}.jpg`] = photo(name);
      files[`masks/${name}.png`] = mask;
    }
    expect((await open(files, 'train')).length).toBe(2);
    expect((await open({}, 'val')).length).toBe(1);
    await writeFile(join(root, 'mine.txt'), '# chosen\nc\n\na\n');
    const mine = await open({}, join(root, 'mine.txt'));
    expect([(await mine.get(0)).id, (await mine.get(1)).id]).toEqual(['images/c', 'images/a']);
  });
});

describe('what the masks mean', () => {
  const pair = (label: Files[string]): Files => ({ 'images/a.jpg': photo('a'), 'masks/a.png': label });

  test('a list that pairs otherwise than names do is refused', async () => {
    await writeTree(root, {
      'images/a.jpg': photo('a'),
      'images/b.jpg': photo('b'),
      'masks/a.png': mask,
      'masks/b.png': mask,
      'train.txt': 'set/images/a.jpg set/masks/a.png\n',
      'val.txt': 'images/b.jpg masks/b.png\n',
    });
    expect((await openDataset(`folder:${root}`, { split: 'train' })).length).toBe(1);
    await writeTree(root, { 'train.txt': 'images/a.jpg masks/b.png\n' });
    await expect(openDataset(`folder:${root}`)).rejects.toThrow(
      'train.txt, line 1: expected masks/a.png, the label whose name is that of images/a.jpg, received masks/b.png',
    );
  });

  test('a file of classes in each split, and none among the labels', async () => {
    const files = (split: string) => ({
      [`${split}/images/${split}.jpg`]: photo(split),
      [`${split}/masks/${split}.png`]: mask,
    });
    await writeTree(root, { ...files('train'), ...files('val'), 'train/masks/classes.txt': 'x\ny\n' });
    const namesOf = async () => (await openDataset(`folder:${root}`)).classes.names;
    expect(await namesOf()).toEqual(['class 0', 'class 1', 'class 2']);
    const text = 'id,name\n0,a\n1,b\n2,c\n';
    await writeTree(root, { 'train/classes.csv': text, 'val/classes.csv': text });
    expect(await namesOf()).toEqual(['a', 'b', 'c']);
    await writeTree(root, { 'val/classes.csv': 'id,name\n0,a\n1,c\n2,b\n' });
    await expect(namesOf()).rejects.toThrow('expected the same classes in each classes.csv');
  });

  test.each([
    ['IMG_1.JPG', 'img_1.png'],
    ['img_1.jpg', 'mask_1.png'],
    ['1.jpg', 'mask-1.png'],
    ['Image1.jpg', 'label1.png'],
  ])('names that differ in case or in what stands before them: %s and %s', async (image, label) => {
    const [photos, labels] = [image.replace('1', '2'), label.replace('1', '2')];
    await writeTree(root, { 'images/x.jpg': photo('x'), 'masks/x.png': mask });
    await writeTree(root, { [`images/${image}`]: photo('a'), [`masks/${label}`]: mask });
    await writeTree(root, { [`images/${photos}`]: photo('b'), [`masks/${labels}`]: mask });
    const dataset = (await openDataset(`folder:${root}`)) as FileDataset;
    const pairs = dataset.parts.items.map((item) => [basename(item.image), basename(item.label!)]);
    expect(pairs).toContainEqual([image, label]);
    expect(pairs).toContainEqual([photos, labels]);
  });

  test('values are classes in ascending order, 255 is void', async () => {
    const dataset = await open(pair(bands([9, 4, 255], 12, 8)));
    expect(dataset.classes.names).toEqual(['class 4', 'class 9']);
    expect(await labelBands(dataset)).toEqual([1, 0, VOID]);
  });

  test('0 and 255 alone are background and foreground', async () => {
    const dataset = await open(pair(bands([0, 255], 12, 8)));
    expect(dataset.classes.names).toEqual(['background', 'foreground']);
    expect(await labelBands(dataset)).toEqual([0, 1]);
  });

  test('a palette gives the colours', async () => {
    const data = bands([0, 1], 12, 8).data;
    const file = encode({
      width: 12,
      height: 8,
      depth: 8,
      channels: 1,
      data,
      palette: [red, green].map((c) => [...c!]),
    });
    expect((await open(pair(file))).classes.colors).toEqual([red, green]);
  });

  test('colours are classes', async () => {
    const dataset = await open(pair(colorBands([red!, black!, green!], 12, 8)));
    expect(dataset.classes.colors).toEqual([black, green, red]);
    expect(await labelBands(dataset)).toEqual([2, 0, 1]);
  });

  test('a photograph as a mask is no set of classes', async () => {
    const noise = new Uint8Array(64 * 64 * 3).map((_, i) => hash32(i));
    const files = { 'images/a.jpg': photo('a'), 'masks/a.png': { data: noise, width: 64, height: 64 } };
    await expect(open(files)).rejects.toThrow('expected label files of at most 254 classes');
  });

  test('a classes.json in the folder, by value and by colour', async () => {
    const classes = JSON.stringify({
      classes: [
        { name: 'lawn', id: 9, color: [0, 200, 0] },
        { name: 'wall', id: 4, color: '#c80000' },
      ],
      void: [{ name: 'rest', id: 7, color: '#000000' }],
    });
    const byValue = await open({ ...pair(bands([9, 4, 7, 255], 12, 8)), 'classes.json': classes });
    expect(byValue.classes.names).toEqual(['lawn', 'wall']);
    expect(await labelBands(byValue)).toEqual([0, 1, VOID]);
    const byColor = await open(pair(colorBands([red!, black!, green!], 12, 8)));
    expect(await labelBands(byColor)).toEqual([1, VOID, 0]);
  });

  test('a label that no class explains names the file', async () => {
    const dataset = await open({ ...pair(bands([0, 5], 12, 8)), 'classes.json': '["a", "b"]' });
    await expect(dataset.get(0)).rejects.toThrow(
      `${join(root, 'masks/a.png')}: expected labels of the 2 classes or void, received value 5 (48 px, 50%)`,
    );
  });

  test('a label of another size names the file and both sizes', async () => {
    const dataset = await open(pair(bands([0, 1], 6, 4)));
    await expect(dataset.get(0)).rejects.toThrow(
      'expected a label map of 12×8, the size of its photograph, received 6×4',
    );
  });
});

describe('class files', () => {
  const read = async (name: string, text: string) => {
    await writeFile(join(root, name), text);
    return (await readClassFile(disk, join(root, name))).classes;
  };

  test('a list of names, lines of text, CSV', async () => {
    expect((await read('a.json', '["road", "sky"]')).names).toEqual(['road', 'sky']);
    expect((await read('a.txt', '# mine\nroad\n\nsky\n')).names).toEqual(['road', 'sky']);
    expect(await read('a.csv', 'name,r,g,b\nroad,128,64,128\nsky, 1, 2, 3\n')).toMatchObject({
      names: ['road', 'sky'],
      colors: [
        [128, 64, 128],
        [1, 2, 3],
      ],
    });
  });

  test('what is wrong is named', async () => {
    await expect(read('b.json', '{"classes": [')).rejects.toThrow(
      'b.json, line 1, column 14: expected a value, received the end of the file',
    );
    await expect(read('b.json', '{"classes": [{"name": "a", "colour": 1}]}')).rejects.toThrow('colour');
    await expect(read('b.json', '{"classes": [{"name": "a", "color": "red"}]}')).rejects.toThrow(
      'classes[0].color',
    );
    await expect(read('b.json', '["a", "a"]')).rejects.toThrow('the name a twice');
    await expect(read('b.csv', 'name,r,g,b\nroad,128,64\n')).rejects.toThrow('line 2');
    await expect(readClassFile(disk, join(root, 'none.json'))).rejects.toThrow('no such file');
  });
});

describe('list', () => {
  test('pairs of one list, and a folder of lists as splits', async () => {
    await writeTree(root, {
      'x/a.jpg': photo('a'),
      'y/a_gt.png': mask,
      'train.txt': 'x/a.jpg y/a_gt.png\n',
      'val.txt': 'x/a.jpg\n',
    });
    const one = await openDataset(`list:${join(root, 'train.txt')}`);
    expect(one.length).toBe(1);
    expect([...new Set((await one.get(0)).label)]).toEqual([0, 1, 2, VOID]);
    const val = await openDataset(`list:${root}`, { split: 'val' });
    expect((await val.get(0)).label).toBeUndefined();
  });
});
