import { mkdtemp, open, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileHash } from './file-hash.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hmsa-hash-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('is SHA-256 of all bytes', async () => {
  await writeFile(join(root, 'a'), 'abc');
  expect(await fileHash(join(root, 'a'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  await writeFile(join(root, 'empty'), '');
  expect(await fileHash(join(root, 'empty'))).toMatch(/^e3b0c44298fc/);
});

test('bytes that change in the middle, with size and time of modification kept, change it', async () => {
  const path = join(root, 'a.tif');
  await writeFile(path, Buffer.alloc(3_000_000, 1));
  const [before, { atime, mtime }] = [await fileHash(path), await stat(path)];
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(6000, 2), 0, 6000, 1_000_000);
  await file.close();
  await utimes(path, atime, mtime);
  expect(await fileHash(path)).not.toBe(before);
  await expect(fileHash(root)).rejects.toThrow('received a folder');
});
