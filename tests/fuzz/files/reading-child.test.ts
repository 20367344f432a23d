import { existsSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { ReadingChild } from './reading-child.js';

const start = { readers: new URL('./planted.mjs', import.meta.url), folder: '', samples: {} };
const child = new ReadingChild(start, { seconds: 2, bytes: 2 ** 40 });
const small = new ReadingChild(start, { seconds: 600, bytes: 2 ** 28 });
afterAll(() => Promise.all([child.close(), small.close()]));
const none = new Uint8Array();

test.each([
  ['hang', 'more than 2 s'],
  ['wait', 'more than 2 s'],
  ['end', 'the end of the process'],
  ['bug', expect.stringMatching(/^TypeError: a mistake\n +at /)],
])('%s is cut off and named, and the next file is read', async (kind, wrong) => {
  expect(await child.read(kind, none)).toEqual({ wrong });
  expect(await child.read('whole', none)).toBe('read');
});

test.skipIf(!existsSync('/proc/self/status'))('so is what takes memory without end', async () => {
  expect(await small.read('memory', none)).toEqual({ wrong: 'more than 268435456 bytes of memory' });
  expect(await small.read('whole', none)).toBe('read');
});
