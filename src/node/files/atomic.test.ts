import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, constants, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HmsaError } from '../../base/errors/index.js';
import { appendToFile, writeFileAtomic, writeJsonAtomic } from './atomic.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-atomic-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileAtomic', () => {
  test('writes text, bytes and pieces, and makes missing folders', async () => {
    const path = join(folder, 'a', 'b', 'file');
    await writeFileAtomic(path, 'grüße');
    expect(await readFile(path, 'utf8')).toBe('grüße');
    await writeFileAtomic(path, new Uint8Array([1, 2, 3]));
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    await writeFileAtomic(path, ['one', new Uint8Array([33])]);
    expect(await readFile(path, 'utf8')).toBe('one!');
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  test('a failure half-way leaves the old file, and nothing beside it', async () => {
    const path = join(folder, 'kept.json');
    await writeJsonAtomic(path, { old: true });
    const failing = (function* () {
      yield 'half of the new';
      throw new Error('out of ideas');
    })();
    await expect(writeFileAtomic(path, failing)).rejects.toThrow('out of ideas');
    expect(await readFile(path, 'utf8')).toBe('{\n  "old": true\n}\n');
    expect(await readdir(folder)).toEqual(['kept.json']);
  });

  test('keeps the mode of the file that it replaces', async () => {
    const path = join(folder, 'secret');
    await writeFile(path, 'old');
    await chmod(path, 0o600);
    await writeFileAtomic(path, 'new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('a place that cannot be written is an HmsaError that names it', async () => {
    await writeFile(join(folder, 'file'), '');
    const path = join(folder, 'file', 'below');
    await expect(writeFileAtomic(path, '')).rejects.toThrow(HmsaError);
    await expect(writeFileAtomic(path, '')).rejects.toThrow(path);
  });

  test.skipIf(process.platform === 'win32')(
    'a pipe that nobody reads is an error, one that is read is filled',
    async () => {
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      await expect(writeFileAtomic(pipe, 'text')).rejects.toThrow(/received a pipe without a reader/);
      await expect(appendToFile(pipe, 'text')).rejects.toThrow(/received a pipe without a reader/);
      const reader = await open(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
      const text = 'x'.repeat(300_000);
      const written = writeFileAtomic(pipe, text);
      let read = 0;
      while (read < text.length) {
        const { bytesRead } = await reader.read(Buffer.alloc(65536)).catch(() => ({ bytesRead: 0 }));
        read += bytesRead;
        if (bytesRead === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await written;
      await reader.close();
    },
  );

  test.skipIf(!existsSync('/dev/full'))('a full disk is an HmsaError that says so', async () => {
    await expect(writeFileAtomic('/dev/full', 'text')).rejects.toThrow(
      '/dev/full: expected a place to write this file, received a full disk. Free some space',
    );
  });
});
