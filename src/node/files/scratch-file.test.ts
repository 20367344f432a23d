import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isTemporary, openScratchFile } from './index.js';

test('bytes are read from where they were written, and the file is gone after it is closed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hmsa-scratch-'));
  try {
    const file = await openScratchFile(folder, 100, 60);
    expect(file.bytes).toBe(60);
    expect((await openScratchFile(folder, 100).then((other) => other.close().then(() => other))).bytes).toBe(
      100,
    );
    await file.write(40, Uint8Array.of(4, 5, 6));
    await file.write(0, Uint8Array.of(1, 2));
    expect([...(await file.read(0, 2)), ...(await file.read(41, 2))]).toEqual([1, 2, 5, 6]);
    // A killed process leaves it under a name that the next one deletes.
    const names = await readdir(folder);
    expect(names).toHaveLength(1);
    expect(names.every(isTemporary)).toBe(true);
    await expect(file.read(43, 2)).rejects.toThrow('ends before byte 45');
    await file.close();
    expect(await readdir(folder)).toEqual([]);
    await expect(openScratchFile(join(folder, 'none'), 1)).rejects.toThrow(
      /expected a place to write this file/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
