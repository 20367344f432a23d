import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FolderLock } from './folder-lock.js';
import { type LockOwner, thisProcess } from './lock-owner.js';

let folder: string;
let dead: LockOwner;
const at = (name: string) => join(folder, name);
const names = async () => (await readdir(folder)).sort();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-lock-'));
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const since = '2026-01-01T00:00:00.000Z';
  dead = { ...thisProcess(), pid, began: '1', since, folder: await realpath(folder), id: 'a' };
});
afterAll(() => rm(folder, { recursive: true }));

/** The folder as processes leave it that end one after the other while they take its lock over. */
async function abandon(...ids: readonly string[]): Promise<void> {
  for (const [index, id] of ids.entries())
    await writeFile(
      at(index === 0 ? '.hmsa-lock' : `.hmsa-lock-${ids[index - 1]}`),
      JSON.stringify({ ...dead, id }),
    );
}

/** The locks of those that got one, of several that ask at once. */
async function takeAtOnce(count: number): Promise<readonly FolderLock[]> {
  const takers = await Promise.allSettled(
    Array.from({ length: count }, () => FolderLock.take(folder, () => {})),
  );
  return takers.flatMap((taker) => (taker.status === 'fulfilled' ? [taker.value] : []));
}

test('of several that ask at once for a folder whose owners have ended, one gets it', async () => {
  for (const ids of [[], ['a'], ['a', 'b'], ['a', 'b', 'c']])
    for (let round = 0; round < 10; round++) {
      await abandon(...ids);
      const taken = await takeAtOnce(8);
      expect(taken).toHaveLength(1);
      await taken[0]!.confirm();
      expect(JSON.parse(await readFile(at('.hmsa-lock'), 'utf8'))).toMatchObject({ pid: process.pid });
      expect(await names()).toEqual(['.hmsa-lock']);
      await taken[0]!.release();
      expect(await names()).toEqual([]);
    }
});

test('the first of the ended owners is the one that is named', async () => {
  await abandon('a', 'b');
  const before: LockOwner[] = [];
  const lock = await FolderLock.take(folder, (owner) => before.push(owner));
  expect(before).toEqual([{ ...dead, id: 'a' }]);
  await lock.release();
});

test('a living process that takes over keeps others out; the successor of a lock that is gone does not', async () => {
  const living = { ...dead, ...thisProcess(), id: 'c' };
  await abandon('a', 'b');
  await writeFile(at('.hmsa-lock-b'), JSON.stringify(living));
  await expect(FolderLock.take(folder, () => {})).rejects.toThrow(
    `process ${process.pid}, which has held it`,
  );
  expect(await names()).toEqual(['.hmsa-lock', '.hmsa-lock-a', '.hmsa-lock-b']);

  await rm(at('.hmsa-lock-a'));
  const lock = await FolderLock.take(folder, () => {});
  expect(await names()).toEqual(['.hmsa-lock']);
  await lock.release();
});

test('a lock whose successors lead in a circle, or that names a file elsewhere, is refused', async () => {
  await abandon('a', 'a');
  await expect(FolderLock.take(folder, () => {})).rejects.toThrow('which does not say who holds it');
  await abandon('../a');
  await expect(FolderLock.take(folder, () => {})).rejects.toThrow('which does not say who holds it');
});
