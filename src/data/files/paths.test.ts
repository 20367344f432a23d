import { expect, test } from 'vitest';
import { posix } from '../../../tests/support/node.js';
import {
  bareName,
  extensionOf,
  folderOf,
  isAbsolute,
  isBelow,
  joinPath,
  lastName,
  pathFrom,
  resolvePath,
} from './paths.js';

const some = [
  ...['a', 'a/b.png', './a//b/', '../a', 'a/../../b', '/', '/a', '/a/b/../c', '/../a'],
  ...['.hidden', 'a.tar.gz', 'a.', '..a', '...', 'x/.hidden', 'train.txt', 'lists/train.v2.txt'],
];

test('joins, divides and names paths as Node does on Linux', () => {
  for (const path of some) {
    const plain = posix.normalize(path).replace(/(?<=.)\/$/, '');
    expect(joinPath(path), path).toBe(plain);
    expect(folderOf(plain), path).toBe(posix.dirname(plain));
    expect(lastName(plain), path).toBe(posix.basename(plain));
    expect(bareName(plain), path).toBe(posix.parse(plain).name);
    expect(`.${extensionOf(plain)}`, path).toBe(posix.extname(plain) || '.');
    expect(resolvePath('/data/set', path), path).toBe(posix.resolve('/data/set', path));
    expect(pathFrom('/data/set', resolvePath('/data/set', path)), path).toBe(
      posix.relative('/data/set', posix.resolve('/data/set', path)),
    );
  }
  expect(joinPath('', '')).toBe('');
  expect(joinPath('', 'a', 'b')).toBe('a/b');
  expect(joinPath('.', 'a')).toBe('a');
});

test('knows drives and shares of Windows', () => {
  expect(isAbsolute('C:/sets')).toBe(true);
  expect(isAbsolute('C:sets')).toBe(false);
  expect(resolvePath('C:/sets', '../a.png')).toBe('C:/a.png');
  expect(resolvePath('C:/sets', '../../../a.png')).toBe('C:/a.png');
  expect(resolvePath('C:/sets', 'D:/a.png')).toBe('D:/a.png');
  expect(pathFrom('C:/Sets', 'c:/sets/a.png')).toBe('a.png');
  expect(pathFrom('C:/sets', 'D:/a.png')).toBe('D:/a.png');
  expect(joinPath('C:/', '')).toBe('C:/');
  expect(joinPath('//server/share', 'a')).toBe('//server/share/a');
  expect(isBelow('C:/sets', 'D:/sets')).toBe(false);
  expect(isBelow('/a', '/ab')).toBe(false);
  expect(isBelow('/a', '/a/..b')).toBe(true);
});
