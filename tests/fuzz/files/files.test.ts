import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { HmsaError } from '../../../src/base/errors/index.js';
import { mutate } from './mutate.js';
import { openTargets, type Targets } from './targets.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by `npm run fuzz -- --files [--minutes M] [--seed S]`: minutes for each kind of file. */
    fuzzFiles?: { readonly minutes: number; readonly seed: number };
  }
}

/** What one file may take at most: so far above what they do take that no slow machine reaches it. */
const MOST_SECONDS = 20;
const MOST_BYTES = 2 ** 30;

/** Files of each kind in `npm test`. */
const runs: Readonly<Record<string, number>> = {
  'model files': 1000,
  checkpoints: 800,
  'pretrained weights': 250,
  images: 1500,
  'label maps': 1500,
  'class files': 500,
  'training configurations': 1000,
  'run folders': 1000,
};

let targets: Targets;
beforeAll(async () => {
  targets = await openTargets();
});
afterAll(() => targets.close());

const told = inject('fuzzFiles');
const seed = told?.seed ?? 1;

/** What is wrong with how a file was met: nothing where it was read rightly or refused in one line. */
async function outcome(
  kind: string,
  bytes: Uint8Array,
): Promise<'read' | 'refused' | { readonly wrong: string }> {
  const [began, before] = [performance.now(), process.memoryUsage().rss];
  let result: 'read' | 'refused' | { readonly wrong: string };
  try {
    const wrong = await targets.byName[kind]!.read(bytes);
    result = wrong === undefined ? 'read' : { wrong };
  } catch (error) {
    const isOurs = error instanceof HmsaError && /^[^\p{Cc}]{1,8200}$/u.test(error.message);
    result = isOurs
      ? 'refused'
      : { wrong: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  const seconds = (performance.now() - began) / 1000;
  if (seconds > MOST_SECONDS) return { wrong: `${seconds} s` };
  const grown = process.memoryUsage().rss - before;
  return grown > MOST_BYTES ? { wrong: `${grown} bytes of memory` } : result;
}

describe.each(Object.keys(runs))('%s', (kind) => {
  test('whole ones are read', async () => {
    for (const sample of targets.byName[kind]!.samples) {
      expect(await outcome(kind, sample)).toBe(kind === 'run folders' ? 'refused' : 'read');
    }
  });

  test('damaged ones are read rightly or refused in one line', async () => {
    const { samples } = targets.byName[kind]!;
    const count = { read: 0, refused: 0 };
    const until = performance.now() + (told?.minutes ?? 0) * 60_000;
    for (let run = 0; told === undefined ? run < runs[kind]! : performance.now() < until; run++) {
      const bytes = mutate(samples[run % samples.length]!, seed, run);
      const met = await outcome(kind, bytes);
      if (typeof met === 'object') throw new Error(`${kind}, seed ${seed}, run ${run}: ${met.wrong}`);
      count[met]++;
    }
    if (told !== undefined) console.log(`${kind}, seed ${seed}:`, count);
    expect(count.refused).toBeGreaterThan(0);
  }, 3_600_000);
});
