import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PictureFiles } from './picture-files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-pictures-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('what another run has written is no picture of this one, though its file may have the number of one that is gone', async () => {
  const [own, other] = [await PictureFiles.open([], { overwrite: true }), await PictureFiles.open([])];
  const at = (name: string) => join(folder, name);
  for (let i = 0; i < 30; i++) {
    await own.write(at(`a${i}`), 'a');
    await expect(own.write(at(`a${i}`), 'a')).rejects.toThrow('a picture of another image of this run');
    await rm(at(`a${i}`));
    await other.write(at(`b${i}`), 'b');
    await own.check(at(`b${i}`));
  }
});
