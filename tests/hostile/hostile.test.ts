import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWeights } from '../../src/model/checkpoints/read-weights.js';
import { harmless, hostileFiles } from './corpus.js';

/** Files above this are read in a process each, so that its memory is that file's. */
const LARGE = 700_000;

interface Result {
  readonly refused?: string;
  readonly bug?: string;
}
interface Outcome {
  readonly results: readonly (Result & { readonly file: string })[];
  /** What reading did that it may not do. */
  readonly touched: readonly string[];
  /** Resident memory in bytes, at its most. */
  readonly peak: number;
}

let folder: string;
let canary: string;
let corpus: ReturnType<typeof hostileFiles>;
const results = new Map<string, Result>();
const touched: string[] = [];
const peaks = new Map<string, number>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-hostile-'));
  canary = join(folder, 'canary');
  corpus = hostileFiles(canary);
  const path = (i: number) => join(folder, `${i}.pth`);
  await Promise.all(corpus.map(({ bytes }, i) => writeFile(path(i), bytes)));
  const isLarge = (i: number) => corpus[i]!.bytes.length > LARGE;
  const all = [...corpus.keys()];
  const groups = [all.filter((i) => !isLarge(i)), ...all.filter(isLarge).map((i) => [i])];
  for (const group of groups) {
    const outcome = await read(group.map(path));
    for (const [at, i] of group.entries()) results.set(corpus[i]!.name, outcome.results[at]!);
    touched.push(...outcome.touched);
    peaks.set(group.length === 1 ? corpus[group[0]!]!.name : 'small ones', outcome.peak);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const reader = new URL('../../dist/model/checkpoints/read-weights.js', import.meta.url);

async function read(files: readonly string[], { href } = reader): Promise<Outcome> {
  const child = fileURLToPath(new URL('./read-all.mjs', import.meta.url));
  const args = ['--max-old-space-size=160', child, href, ...files];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

test('what the corpus changes is right before', () => {
  for (const bytes of harmless)
    expect([...readWeights(bytes, 'whole').tensors.get('weight')!.read().data]).toEqual([1, 2, 3, 4]);
});

test('every file is refused, in one line, for what is wrong with it', () => {
  expect(corpus.length).toBeGreaterThan(150);
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
  const wrong = corpus.flatMap(({ name, says }) => {
    const { refused, bug } = results.get(name)!;
    const isRight =
      refused !== undefined && /^[^:]*: expected [^\p{Cc}]{1,2000}$/u.test(refused) && says.test(refused);
    return isRight ? [] : [`${name}: ${refused ?? bug ?? 'read'}`];
  });
  expect(wrong).toEqual([]);
});

test('no process, file or network is touched', () => {
  expect(touched).toEqual([]);
  expect(existsSync(canary)).toBe(false);
});

test('a reader that touches them is noticed', async () => {
  const { touched } = await read([join(folder, '0.pth')], new URL('./planted.mjs', import.meta.url));
  expect(touched).toEqual(
    expect.arrayContaining(['fs.existsSync', 'child_process.spawnSync', 'net.connect', 'fetch', 'eval']),
  );
});

test('no file takes more than 200 MB', () => {
  expect([...peaks].filter(([, peak]) => peak > 200e6)).toEqual([]);
});
