import { afterEach, beforeEach, expect, test } from 'vitest';
import { bands, randomPhoto, writeTree } from '../../../tests/data/files.js';
import { join, mkdtemp, rm, tmpdir, writeFile } from '../../../tests/support/node.js';
import { diskFolder } from '../../node/datasets/disk.js';
import { openDataset } from '../../node/datasets/open.js';
import { pathFrom } from '../files/index.js';
import { listKind } from './list.js';

let root: string;
const names = [
  'a',
  'weed (272)',
  'weed (273)',
  '#hash',
  'a,b;c',
  "with'quote",
  'very.many.dots.v2',
  '100%_x%20y',
];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-list-'));
  for (const name of names) {
    await writeTree(root, {
      [`img/${name}.jpg`]: randomPhoto(name, 8, 8),
      [`ann/${name}.png`]: bands([0, 1], 8, 8),
    });
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function scan(text: string | Buffer, file = 'list.txt') {
  await writeFile(join(root, file), text);
  const tree = await listKind.scan(await diskFolder(join(root, file), true), {});
  const [items = []] = Object.values(tree.splits);
  const below = (path: string) => pathFrom(root, path);
  return { tree, pairs: items.map(({ image, label }) => [below(image), label && below(label)]) };
}

const pairOf = (name: string) => [`img/${name}.jpg`, `ann/${name}.png`];
const line = (divider: string) => (name: string) => pairOf(name).join(divider);

test.each([
  ['tabs', names, names.map(line('\t')).join('\r\n')],
  ['white space', names, names.map(line(' ')).join('\n')],
  [
    'commas',
    names,
    names
      .map((name) =>
        pairOf(name)
          .map((path) => `"${path}"`)
          .join(','),
      )
      .join('\n'),
  ],
  ['backslashes', ['a', 'weed (272)'], 'img\\a.jpg ann\\a.png\r\nimg\\weed (272).jpg;ann\\weed (272).png'],
  ['UTF-16', ['#hash', 'a'], Buffer.from(`\ufeff${['#hash', 'a'].map(line(' ')).join('\r\n')}`, 'utf16le')],
  ['a header', ['a,b;c'], 'image,mask\n"img/a,b;c.jpg","ann/a,b;c.png"\n'],
])('names divided by %s', async (_, expected, text) => {
  const { tree, pairs } = await scan(text);
  expect(pairs).toEqual(expected.map(pairOf));
  expect(tree.faults).toEqual([]);
});

test('numbers behind the label are passed over, and so are remarks and lines that are commented out', async () => {
  const { tree, pairs } = await scan(
    '# mine\nimg/a.jpg ann/a.png 1 0 1\n#img/weed (272).jpg ann/weed (272).png\n',
  );
  expect(pairs).toEqual([pairOf('a')]);
  expect(tree.notes).toContain('list.txt: everything after the label is ignored in 1 line.');
  expect(tree.faults).toEqual([]);
});

test('a name with white space alone is no pair, and a list without labels a fault', async () => {
  const { tree, pairs } = await scan('img/weed (272).jpg\nimg/a.jpg\n', 'train.txt');
  expect(pairs).toEqual([
    ['img/weed (272).jpg', undefined],
    ['img/a.jpg', undefined],
  ]);
  expect(tree.faults.map(({ detail }) => detail)).toEqual([
    'the split train cannot be trained or scored on: none of its 2 photographs has a label',
  ]);
});

test('what is not there is a fault of its line, and most an error', async () => {
  const { tree, pairs } = await scan(
    `${line('\t')('a')}\n${line(' ')('weed (272)')}\n#gone.jpg\t#gone.png\nimg/#hash.jpg ann/x.png\n`,
  );
  expect(pairs).toEqual([pairOf('a'), pairOf('weed (272)'), ['img/#hash.jpg', undefined]]);
  expect(tree.faults.map(({ kind, file, detail }) => [kind, file, detail])).toEqual([
    ['missing image', '#gone.jpg', 'line 3 of list.txt names it'],
    ['missing label', 'ann/x.png', 'line 4 of list.txt names it'],
  ]);
  await expect(
    scan('img/gone.jpg\tann/gone.png\n/away/b.jpg ann/b.png\nimg/a.jpg ann/a.png'),
  ).rejects.toThrow(
    'received 2 of 3 lines that name missing files: img/gone.jpg (line 1) and /away/b.jpg (line 2). Write paths',
  );
});

test('two labels for one photograph are refused, the same line twice is not', async () => {
  await expect(scan('img/a.jpg ann/a.png\nimg/a.jpg ann/#hash.png')).rejects.toThrow(
    'another one for img/a.jpg (line 2)',
  );
  const { tree, pairs } = await scan('img/a.jpg ann/a.png\nimg/a.jpg ann/a.png');
  expect(pairs).toEqual([pairOf('a')]);
  expect(tree.notes).toContain('list.txt: 1 line names a photograph again and is ignored.');
});

test('a list may be called like what every object has, and one list is held out of', async () => {
  await writeTree(root, {
    'lists/__proto__.txt': names
      .map(line('\t'))
      .map((text) => text.replace(/(img|ann)\//g, '../$1/'))
      .join('\n'),
  });
  const open = async (split?: string) =>
    (await openDataset(`list:${root}/lists`, split === undefined ? {} : { split })).length;
  expect([await open(), await open('__proto__'), await open('train'), await open('val')]).toEqual([
    8, 8, 7, 1,
  ]);
});

test.each([
  ['labels first', 'mask,image\n', 'ann/a.png,img/a.jpg'],
  ['a number first', 'id;image;label\n', '7;img/a.jpg;ann/a.png'],
  ['a column without a name first', ',image,mask\n', '0,img/a.jpg,ann/a.png'],
  ['another picture between them', 'Image\tdepth\tMask\n', 'img/a.jpg\timg/a,b;c.jpg\tann/a.png'],
])('a header says which columns they are: %s', async (_, header, row) => {
  const { tree, pairs } = await scan(header + row);
  expect(pairs).toEqual([pairOf('a')]);
  expect(tree.faults).toEqual([]);
});

test.each([
  ['by a header', 'split,image,mask\n', (name: string, split: string) => [split, ...pairOf(name)].join(',')],
  ['without one', '', (name: string, split: string) => [...pairOf(name), split].join(' ')],
])('a column of splits divides the list, %s', async (_, header, row) => {
  const lines = [row('a', 'train'), row('#hash', 'valid'), row('weed (272)', 'Train')];
  const { tree } = await scan(header + lines.join('\n'));
  const idsOf = (split: string) => tree.splits[split]?.map(({ id }) => id);
  expect([idsOf('train'), idsOf('val')]).toEqual([['img/a', 'img/weed (272)'], ['img/#hash']]);
  await expect(scan(header + [...lines, row('a', 'val')].join('\n'))).rejects.toThrow(
    'one split for each photograph',
  );
});

test('one file as photograph and label is refused, one label of several photographs is noted', async () => {
  await expect(scan('ann/a.png,ann/a.png')).rejects.toThrow('line 1: expected a photograph and its label');
  const { tree } = await scan('img/a.jpg,ann/a.png\nimg/weed (272).jpg,ann/a.png');
  expect(tree.notes?.join()).toContain(
    'list.txt: 1 label belongs to several photographs, such as ann/a.png to img/a.jpg and img/weed (272).jpg',
  );
});

test('UTF-16 without a mark is refused', async () => {
  await expect(scan(Buffer.from('img/a.jpg,ann/a.png', 'utf16le'))).rejects.toThrow('Save it as UTF-8');
});
