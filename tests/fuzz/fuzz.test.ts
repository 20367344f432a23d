import fc from 'fast-check';
import { expect, inject, test } from 'vitest';
import * as ops from '../../src/engine/ops/index.js';
import { checkGraphs, type Verdict } from './check-graphs.js';
import { moves } from './moves/index.js';
import { randomGraph } from './random-graph.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Set by `npm run fuzz -- --runs N --seed S`. */
    fuzz?: { readonly runs: number; readonly seed: number };
  }
}

const { runs, seed } = inject('fuzz') ?? { runs: 300, seed: 1 };
/** Graphs that share one ONNX file: a session for each would take most of the time. */
const BATCH = 50;
/** A disagreement is one that other values of the inputs repeat; two near-equal numbers in a maximum do not. */
const DRAWS = 3;

const anyBytes = fc.uint8Array({ minLength: 8, maxLength: 160, size: 'max' });

/** The verdict on one graph, confirmed on other values. A graph that cannot be built or run disagrees too. */
async function verdictAlone(bytes: Uint8Array): Promise<Verdict> {
  try {
    const graph = randomGraph(bytes, '');
    for (let draw = 0; draw < DRAWS; draw++) {
      const [verdict] = await checkGraphs([graph], draw);
      if (typeof verdict !== 'object') return verdict!;
      if (draw === DRAWS - 1) return { disagreement: `${graph.story}: ${verdict.disagreement}` };
    }
  } catch (error) {
    return { disagreement: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  return 'agrees';
}

async function disagreeing(
  batch: readonly Uint8Array[],
  count: Record<string, number>,
): Promise<Uint8Array[]> {
  let verdicts: Verdict[];
  try {
    verdicts = await checkGraphs(
      batch.map((bytes, i) => randomGraph(bytes, `${i}/`)),
      0,
    );
  } catch {
    verdicts = batch.map(() => ({ disagreement: 'unknown: the batch has to be taken apart' }));
  }
  const found: Uint8Array[] = [];
  for (const [i, verdict] of verdicts.entries()) {
    const confirmed = typeof verdict === 'object' ? await verdictAlone(batch[i]!) : verdict;
    if (typeof confirmed === 'object') found.push(batch[i]!);
    else count[confirmed] = (count[confirmed] ?? 0) + 1;
  }
  return found;
}

test('every operator has a move', () => {
  // What recognises and counts operators is not one.
  const operators = Object.keys(ops).filter((name) => !/^is[A-Z]|^multiplyAdds$/.test(name));
  expect(operators.filter((name) => !(name in moves))).toEqual([]);
});

test(`shape rules, interpreter and ONNX Runtime agree on ${runs} random graphs`, async () => {
  const all = fc.sample(anyBytes, { numRuns: runs, seed });
  const count: Record<string, number> = {};
  const found: Uint8Array[] = [];
  for (let start = 0; start < all.length; start += BATCH) {
    found.push(...(await disagreeing(all.slice(start, start + BATCH), count)));
  }
  if (inject('fuzz') !== undefined)
    console.log(`${runs} graphs, seed ${seed}:`, count, `${found.length} disagree`);
  for (const bytes of found.slice(0, 3)) {
    // Shrinks to the simplest graph that disagrees, and says what about.
    await fc.assert(
      fc.asyncProperty(anyBytes, async (some) => {
        const verdict = await verdictAlone(some);
        if (typeof verdict === 'object') throw new Error(verdict.disagreement);
      }),
      { examples: [[bytes]], numRuns: 1 },
    );
  }
  expect(found.length).toBe(0);
  // What float32 cannot decide is the exception.
  expect(count['ill-conditioned'] ?? 0).toBeLessThan(runs * 0.05);
}, 3_600_000);
