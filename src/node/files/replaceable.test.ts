import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkReplaceable } from './replaceable.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-replaceable-'));
  await writeFile(at('own'), 'own: 1');
  await writeFile(at('other'), 'notes');
});
afterAll(() => rm(folder, { recursive: true }));

const check = (name: string[], overwrite = false) =>
  checkReplaceable(at(...name), {
    overwrite,
    inputs: [at('input'), at('own')],
    isOwn: (beginning) => Buffer.from(beginning).toString().startsWith('own'),
    own: 'an own file',
  });

test('before the work: a place that cannot be written, a file of others and one that is read are refused', async () => {
  await check(['new', 'folders', 'file']);
  await check(['other'], true);
  await expect(check(['other'])).rejects.toThrow(
    'expected a new file, or an own file to replace, received something else',
  );
  await expect(check(['own'], true)).rejects.toThrow('received a file that is read');
  await expect(check(['own', 'file'])).rejects.toThrow(
    `${at('own', 'file')}: expected a place to write this file, received ${at('own')} is a file. Name another file.`,
  );
});
