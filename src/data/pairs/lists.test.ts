import { afterEach, beforeEach, expect, test } from 'vitest';
import { join, mkdtemp, rm, tmpdir, writeFile } from '../../../tests/support/node.js';
import { disk } from '../../node/datasets/disk.js';
import { isRemark, readings, readLines } from './lists.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-lines-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function linesOf(content: string | Buffer): Promise<[number, string][]> {
  await writeFile(join(root, 'list'), content);
  return (await readLines(disk, join(root, 'list'))).map(({ number, text }) => [number, text]);
}

const read = (text: string) => readings({ text });

test('lines of every system and encoding, without empty ones and header', async () => {
  const expected = [
    [1, 'a.jpg'],
    [3, 'ü b.jpg'],
  ];
  expect(await linesOf('a.jpg\n\nü b.jpg')).toEqual(expected);
  expect(await linesOf('\ufeffa.jpg\r\n\r\n ü b.jpg \r\n')).toEqual(expected);
  expect(await linesOf(Buffer.from('\ufeffa.jpg\r\n\r\nü b.jpg', 'utf16le'))).toEqual(expected);
  expect(await linesOf('image,mask\n"a.jpg","a.png"')).toEqual([[2, '"a.jpg","a.png"']]);
  expect(await linesOf('id;File Name;label path\n')).toEqual([]);
  expect(await linesOf('image\nmask')).toEqual([
    [1, 'image'],
    [2, 'mask'],
  ]);
  await expect(readLines(disk, join(root, 'none'))).rejects.toThrow('no such file');
});

test('a line is read whole first, then by what may divide it', () => {
  expect(read('a.jpg a.png')).toEqual([['a.jpg a.png'], ['a.jpg', 'a.png']]);
  expect(read('a b.jpg\tc, d.png')).toContainEqual(['a b.jpg', 'c, d.png']);
  expect(read('"a,b;c.jpg","d "" e.png"')).toContainEqual(['a,b;c.jpg', 'd " e.png']);
  expect(read("'a b.jpg' 'c d.png'")).toContainEqual(['a b.jpg', 'c d.png']);
  expect(read('a (2).jpg b (2).png 1 0')).toContainEqual(['a (2).jpg', 'b (2).png', '1 0']);
});

test('a remark is no name with an image extension', () => {
  expect(['# chosen', '#', '#chosen by hand', '# a.jpg'].map(isRemark)).toEqual([true, true, true, true]);
  expect(['#a.jpg', '#a.jpg #a.png', 'a'].map(isRemark)).toEqual([false, false, false]);
});
