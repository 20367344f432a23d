import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ReadingChild } from './reading-child.js';

const folder = await mkdtemp(join(tmpdir(), 'hmsa-planted-'));
const start = { readers: new URL('./planted.mjs', import.meta.url), folder, samples: {} };
const child = new ReadingChild(start, { seconds: 2, bytes: 2 ** 40 });
const small = new ReadingChild(start, { seconds: 600, bytes: 2 ** 28 });
afterAll(async () => {
  await Promise.all([child.close(), small.close()]);
  await rm(folder, { recursive: true });
});
const none = new Uint8Array();

test.each([
  ['hang', 'more than 2 s'],
  ['wait', 'more than 2 s'],
  ['end', 'the end of the process'],
  ['bug', expect.stringMatching(/^TypeError: a mistake\n +at /)],
])('%s is cut off and named, and the next file is read', async (kind, wrong) => {
  expect(await child.read(kind, [none])).toEqual([{ wrong }]);
  expect(await child.read('whole', [none])).toEqual(['read']);
});

test.each([
  ['end at 1', 'the end of the process'],
  ['wait at 1', 'more than 2 s'],
  ['bug at 1', expect.stringMatching(/^TypeError: a mistake\n +at /)],
])('%s, of several files, is found among them', async (kind, wrong) => {
  const files = [0, 0, 1, 0].map((mark) => Uint8Array.of(mark));
  expect(await child.read(kind, files)).toEqual(['read', 'read', { wrong }, 'read']);
});

test('an end of the process is told where no file alone ends it', async () => {
  expect(await child.read('end once', [none, none])).toEqual([
    'read',
    { wrong: 'the end of the process, of 2 files together but of none alone' },
  ]);
});

test.skipIf(!existsSync('/proc/self/status'))('so is what takes memory without end', async () => {
  expect(await small.read('memory', [none])).toEqual([{ wrong: 'more than 268435456 bytes of memory' }]);
  expect(await small.read('whole', [none])).toEqual(['read']);
});
