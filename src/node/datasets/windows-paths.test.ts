import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix as unix, win32 } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pathBelow } from '../../cli/train-config.js';
import { readClassFile } from '../../data/classes/index.js';
import { isBelow, pathFrom } from '../../data/files/index.js';
import { PathIndex, readLines } from '../../data/pairs/index.js';
import { stemsOf } from '../jobs/segment-files.js';
import { disk, withSlashes } from './disk.js';

describe('paths', () => {
  test('have / on Windows; elsewhere a backslash is part of a name', () => {
    expect(withSlashes('images\\a\\1.png', win32.sep)).toBe('images/a/1.png');
    expect(withSlashes('images/a\\1.png', unix.sep)).toBe('images/a\\1.png');
  });

  test.each([
    ['C:\\set', 'C:\\set\\images\\1.png', 'images/1.png', true],
    ['C:\\set\\', 'c:\\SET\\1.png', '1.png', true],
    ['C:\\set', 'C:\\set', '', true],
    ['C:\\set', 'C:\\set2\\1.png', '../set2/1.png', false],
    ['C:\\set', 'C:\\set\\..photos\\1.png', '..photos/1.png', true],
    ['C:\\set', 'D:\\set\\1.png', 'D:/set/1.png', false],
    ['\\\\server\\share\\set', '\\\\server\\share\\set\\1.png', '1.png', true],
    ['\\\\server\\share\\set', '\\\\server\\other\\1.png', '../../other/1.png', false],
  ])('on Windows, of %s: %s', (folder, file, from, inside) => {
    const [whole, path] = [withSlashes(folder, win32.sep), withSlashes(file, win32.sep)];
    expect(pathFrom(whole, path)).toBe(from);
    expect(isBelow(whole, path)).toBe(inside);
  });

  test('to the schema are relative below the folder, and none from another drive', () => {
    const schema = 'C:/app/node_modules/hmsa/schema/a.json';
    expect(pathBelow('C:/app', schema)).toBe('./node_modules/hmsa/schema/a.json');
    expect(pathBelow('D:/app', schema)).toBeUndefined();
    expect(pathBelow('C:/app/sub', schema)).toBeUndefined();
  });
});

test.each(['C:\\data\\set', '\\\\server\\share\\data\\set'])('lists find photographs below %s', (root) => {
  const index = new PathIndex(withSlashes(root, win32.sep), ['a/1.jpg', 'b/1.jpg']);
  for (const entry of [
    `${root}\\a\\1.jpg`,
    'data\\set\\a\\1.jpg',
    'set/a/1.jpg',
    'E:\\other\\a\\1.jpg',
    '.\\a\\1',
  ])
    expect(index.find(entry), entry).toEqual({ kind: 'one', path: 'a/1.jpg' });
});

describe('pictures', () => {
  const of = (files: readonly string[], out?: string) =>
    [...stemsOf(files, out, win32, true)].map(([, { path, taken }]) => [path, taken]);

  test('lie beside the photograph or in the folder, on its drive or share', () => {
    expect(of(['C:\\p\\a.jpg', 'D:\\b.jpg'])).toEqual([
      ['C:\\p\\a', undefined],
      ['D:\\b', undefined],
    ]);
    expect(of(['\\\\server\\share\\a.jpg'], 'out')).toEqual([['out\\a', undefined]]);
  });

  test('of names that differ in case alone do not replace each other', () => {
    expect(of(['p\\A.jpg', 'p\\a.png'])).toEqual([
      ['p\\A.jpg', undefined],
      ['p\\a.png', undefined],
    ]);
    expect(of(['p\\A.jpg', 'q\\a.JPG'], 'out')[1]).toEqual(['out\\a.JPG', 'p\\A.jpg']);
    expect([...stemsOf(['A.jpg', 'a.png'], 'out', unix, false).values()]).toEqual([
      { path: 'out/A' },
      { path: 'out/a' },
    ]);
  });

  test('of names with dots at their ends, and of devices, end otherwise than those do', () => {
    // `aux.labels.png` can be made by its long path, which is what Node asks Windows for.
    expect(of(['aux.png', 'end..png', '...png'], 'out')).toEqual([
      ['out\\aux', undefined],
      ['out\\end.', undefined],
      ['out\\..', undefined],
    ]);
    expect(win32.toNamespacedPath('C:\\out\\aux.labels.png')).toBe('\\\\?\\C:\\out\\aux.labels.png');
  });
});

describe('texts with the line ends and the mark of Windows', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hmsa-windows-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('lists', async () => {
    const file = join(folder, 'train.txt');
    await writeFile(file, '\uFEFFimages\\1.jpg masks\\1.png\r\n\r\nimages\\2.jpg masks\\2.png\r\n');
    expect(await readLines(disk, file)).toEqual([
      { number: 1, text: 'images\\1.jpg masks\\1.png' },
      { number: 3, text: 'images\\2.jpg masks\\2.png' },
    ]);
  });

  test('class files', async () => {
    const names = async (name: string, text: string) => {
      const file = join(folder, name);
      await writeFile(file, text);
      return (await readClassFile(disk, file)).classes.names;
    };
    expect(await names('classes.txt', '\uFEFFroad\r\nsky\r\n')).toEqual(['road', 'sky']);
    expect(await names('classes.csv', 'name,r,g,b\r\nroad,128,64,128\r\nsky,70,130,180\r\n')).toEqual([
      'road',
      'sky',
    ]);
  });
});
