import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FolderLock } from './folder-lock.js';
import { type LockOwner, thisProcess } from './lock-owner.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A lock of a process that has ended. */
async function deadOwner(): Promise<LockOwner> {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const since = '2026-01-01T00:00:00.000Z';
  return { ...thisProcess(), pid, began: '1', since, folder: await realpath(folder), id: 'dead' };
}

test('a process that ended while it took a lock over keeps nobody out; of several at once, one gets the lock', async () => {
  const dead = JSON.stringify(await deadOwner());
  await writeFile(at('.hmsa-lock'), dead);
  await writeFile(at('.hmsa-lock-next'), dead);
  const takers = await Promise.allSettled(Array.from({ length: 8 }, () => FolderLock.take(folder, () => {})));
  const taken = takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []));
  expect(taken).toHaveLength(1);
  await taken[0]!.confirm();
  expect(JSON.parse(await readFile(at('.hmsa-lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  expect(await readdir(folder)).toEqual(['.hmsa-lock']);
  await taken[0]!.release();
  expect(await readdir(folder)).toEqual([]);
});
