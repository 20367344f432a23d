import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readIfThere, readJsonFile, readRegularFile, readTextFile, readWeightFile } from './read.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-read-'));
  await writeFile(at('four'), '1234');
  await symlink('loop', at('loop'));
});
afterAll(() => rm(folder, { recursive: true }));

const readers = { readRegularFile, readIfThere, readTextFile, readJsonFile, readWeightFile };

test.skipIf(process.platform === 'win32')(
  'what is no regular file is refused without waiting for it',
  async () => {
    execFileSync('mkfifo', [at('pipe')]);
    for (const read of Object.values(readers)) {
      await expect(read(at('pipe'))).rejects.toThrow(
        /pipe: expected .* received a pipe, socket or device\. /,
      );
      await expect(read(folder)).rejects.toThrow(
        /received a folder\. Name a (file in it\.|\.safetensors file; .*)$/,
      );
      await expect(read(at('loop'))).rejects.toThrow(/received a link that leads to itself\. /);
      if (existsSync('/dev/zero'))
        await expect(read('/dev/zero')).rejects.toThrow(
          /^\/dev\/zero: .*received a pipe, socket or device\. /,
        );
    }
  },
);

test('a file above the limit is refused before it is read, one that is missing is named', async () => {
  await expect(readRegularFile(at('four'), { limit: 3 })).rejects.toThrow(
    /four: .*received 4 bytes, more than 3\. /,
  );
  expect(await readRegularFile(at('four'), { limit: 4 })).toHaveLength(4);
  await expect(readRegularFile(at('none'))).rejects.toThrow(
    /none: expected a file, received no such file\. /,
  );
  expect(await readIfThere(at('none'))).toBeUndefined();
});

test('text is UTF-8, or UTF-16 where a mark says so', async () => {
  await writeFile(at('utf8'), '\ufeffä');
  await writeFile(at('utf16'), '\ufeffä', 'utf16le');
  await writeFile(at('latin1'), 'ä', 'latin1');
  expect(await readTextFile(at('utf8'))).toBe('ä');
  expect(await readTextFile(at('utf16'))).toBe('ä');
  await expect(readTextFile(at('latin1'))).rejects.toThrow(/latin1: .*received bytes that are not text/);
});

test('a weight file is refused by its first 8 bytes', async () => {
  await writeFile(at('huge'), Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 128, 1));
  await expect(readWeightFile(at('huge'))).rejects.toThrow(
    /a header of 9223372036854775808 bytes in a file of 9\./,
  );
  await writeFile(at('photo'), Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0));
  await expect(readWeightFile(at('photo'))).rejects.toThrow(
    /photo: expected a model file, received an image \(PNG\)\. Name a \.safetensors file; /,
  );
  await writeFile(at('m.onnx'), Uint8Array.of(8, 8, 0x12, 4, 0x68, 0x6d, 0x73, 0x61, 0x3a));
  await expect(readWeightFile(at('m.onnx'))).rejects.toThrow(
    /m\.onnx: expected a model file, received an ONNX file\. Name the \.safetensors file that it was exported from\.$/,
  );
  await expect(readWeightFile(at('four'))).rejects.toThrow(
    /begins with the length of its header, received 4 bytes\./,
  );
});

test.skipIf(!existsSync('/proc/self/mem'))('a file that opens and cannot be read is named', async () => {
  await expect(
    readRegularFile('/proc/self/mem', { name: 'a.png', expected: 'an image file' }),
  ).rejects.toThrow(
    'a.png: expected an image file, received EIO when reading it. Check the file and its disk.',
  );
});
