import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { mutate } from './mutate.js';
import { ReadingChild } from './reading-child.js';
import { makeSamples } from './samples.js';
import { signedAgain } from './sign-again.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by `npm run fuzz -- --files [--minutes M] [--seed S]`: minutes for each kind of file. */
    fuzzFiles?: { readonly minutes: number; readonly seed: number };
  }
}

/** What one file may take at most: so far above what they do take that no slow machine reaches it. */
const limits = { seconds: 20, bytes: 2 ** 30 };

/** Files of each kind in `npm test`, which together take about a minute. */
const runs: Readonly<Record<string, number>> = {
  'model files': 1600,
  'models, signed again': 400,
  checkpoints: 1200,
  'checkpoints, signed again': 700,
  'pretrained weights': 750,
  'weights of others': 4500,
  images: 4500,
  'label maps': 4500,
  'class files': 1500,
  'training configurations': 1500,
  'run folders': 900,
};

/** Files that are read with one message. */
const TOGETHER = 25;

let folder: string;
let samples: Record<string, readonly Uint8Array[]>;
let child: ReadingChild;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hmsa-fuzz-'));
  samples = await makeSamples(folder);
  child = new ReadingChild({ readers: new URL('./readers.mjs', import.meta.url), folder, samples }, limits);
});
afterAll(async () => {
  await child.close();
  await rm(folder, { recursive: true, force: true });
});

const told = inject('fuzzFiles');
const seed = told?.seed ?? 1;

describe.each(Object.keys(runs))('%s', (kind) => {
  test('whole ones are read', async () => {
    const met = await child.read(kind, samples[kind]!);
    expect(met).toEqual(samples[kind]!.map(() => (kind === 'run folders' ? 'refused' : 'read')));
  });

  test('damaged ones are read rightly or refused in one line', async () => {
    const whole = samples[kind]!;
    const count = { read: 0, refused: 0 };
    const until = performance.now() + (told?.minutes ?? 0) * 60_000;
    const goesOn = (run: number) => (told === undefined ? run < runs[kind]! : performance.now() < until);
    for (let first = 0; goesOn(first); first += TOGETHER) {
      const length = told === undefined ? Math.min(TOGETHER, runs[kind]! - first) : TOGETHER;
      const files = Array.from({ length }, (_, i) => {
        const mutated = mutate(whole[(first + i) % whole.length]!, seed, first + i);
        return kind.endsWith('signed again') ? signedAgain(mutated) : mutated;
      });
      for (const [i, met] of (await child.read(kind, files)).entries()) {
        if (typeof met === 'object') throw new Error(`${kind}, seed ${seed}, run ${first + i}: ${met.wrong}`);
        count[met]++;
      }
    }
    if (told !== undefined) console.log(`${kind}, seed ${seed}:`, count);
    else expect(count.read + count.refused).toBe(runs[kind]);
    expect(count.refused).toBeGreaterThan(0);
  }, 3_600_000);
});
