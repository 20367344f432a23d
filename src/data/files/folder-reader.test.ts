import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTree } from '../../../tests/data/files.js';
import { join, mkdir, mkdtemp, rm, symlink, tmpdir } from '../../../tests/support/node.js';
import { diskFolder } from '../../node/datasets/disk.js';
import { FolderReader } from './index.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-reader-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('links to folders above or read already multiply nothing, and are named', async () => {
  await writeTree(root, { 'images/a.png': 'a', 'images/b/c.png': 'c', 'masks/a.png': 'a' });
  await symlink('.', join(root, 'images/l0'));
  await symlink('.', join(root, 'images/l1'));
  await symlink('..', join(root, 'images/up'));
  await symlink('b', join(root, 'images/again'));
  const reader = await FolderReader.open(await diskFolder(root), {});
  expect(await reader.images('images')).toEqual(['images/a.png', 'images/b/c.png']);
  expect(reader.faults.map(({ kind, file }) => [kind, file])).toEqual(
    ['again', 'l0', 'l1', 'up'].map((name) => ['repeated link', `images/${name}`]),
  );
});

test('a link to another folder is read under its own name, in order', async () => {
  await writeTree(root, { 'images/a.png': '', 'images/z.png': '', 'more/x.png': '' });
  await symlink('../more', join(root, 'images/link'));
  const reader = await FolderReader.open(await diskFolder(root), {});
  expect(await reader.images('images')).toEqual(['images/a.png', 'images/link/x.png', 'images/z.png']);
  expect(reader.faults).toEqual([]);
});

test('folders have no greatest depth', async () => {
  const deep = Array.from({ length: 40 }, (_, i) => `d${i}`).join('/');
  await writeTree(root, { [`${deep}/a.png`]: '' });
  expect(await (await FolderReader.open(await diskFolder(root), {})).images('')).toEqual([`${deep}/a.png`]);
});

test('pictures that are not read are named, others are not', async () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0);
  await writeTree(root, {
    'a.heic': 'x',
    'b.BMP': 'BM',
    'c.jfif': jpeg,
    'd.jpe': jpeg,
    'e.gif': 'GIF89a',
    hidden: jpeg,
    'notes.md': '',
    README: 'PNG',
  });
  await mkdir(join(root, 'folder.png'));
  const reader = await FolderReader.open(await diskFolder(root), {});
  expect(await reader.images('')).toEqual(['c.jfif', 'd.jpe', 'e.gif']);
  expect(reader.faults.map(({ kind, file }) => `${kind}: ${file}`).sort()).toEqual([
    'left out: a.heic',
    'left out: b.BMP',
    'wrong name: hidden',
  ]);
  expect(reader.faults[0]!.detail).toBe('skipped: HEIC files are not read; convert it to PNG or JPEG');
});
