import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { FolderReader } from '../../data/files/index.js';
import { diskFolder } from './disk.js';

/** More than fit on the stack as arguments of one call. */
const MANY = 130_000;

vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  readdir: async () =>
    Array.from({ length: MANY }, (_, i) => ({
      name: `f${i}.png`,
      isFile: () => true,
      isDirectory: () => false,
      isSymbolicLink: () => false,
    })),
}));

test('130,000 files in one folder are listed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'hmsa-many-'));
  const files = await (await FolderReader.open(await diskFolder(root), {})).images('');
  await rm(root, { recursive: true });
  expect([files.length, files[2], files.at(-1)]).toEqual([MANY, 'f2.png', `f${MANY - 1}.png`]);
});
