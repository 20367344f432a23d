import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { readJsonFile, writeJsonAtomic } from '../../node/files/index.js';
import type { ComparedResult, Shown } from '../../report/pages/index.js';

const MADE_BY = 'hmsa demo';

/**
 * The content of `results.json`. From the start of the demo it also marks the folder as one that a demo may write into.
 */
export interface DemoResults {
  readonly madeBy: typeof MADE_BY;
  /** The images that the shipped model labelled. */
  readonly segmented: readonly Shown[];
  /**
   * Once the demo is finished: the number of unseen scenes that the trained model was scored on, the scores, and some
   * of the scenes.
   */
  readonly images?: number;
  readonly results?: readonly ComparedResult[];
  readonly unseen?: readonly Shown[];
}

export function resultsFile(out: string): string {
  return join(out, 'results.json');
}

/** Writes the results so far. Paths in the file are relative to the folder. */
export async function writeResults(out: string, results: Omit<DemoResults, 'madeBy'>): Promise<void> {
  await writeJsonAtomic(resultsFile(out), { madeBy: MADE_BY, ...results });
}

/**
 * The results of an earlier demo in a folder; undefined if the folder is new or empty. A demo writes files with common
 * names (`model.safetensors`), so it refuses folders that may hold somebody's work.
 *
 * @throws HmsaError when the folder holds files of something else
 */
export async function earlierDemo(out: string): Promise<DemoResults | undefined> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw refusal(out, error.code === 'ENOTDIR' ? 'a file' : String(error.code));
  });
  const visible = names.filter((name) => !name.startsWith('.'));
  if (visible.length === 0) return undefined;
  const results = visible.includes('results.json') ? await readResults(out) : undefined;
  if (results?.madeBy !== MADE_BY) throw refusal(out, `other files (${visible.slice(0, 3).join(', ')})`);
  return results;
}

async function readResults(out: string): Promise<DemoResults | undefined> {
  try {
    return (await readJsonFile(resultsFile(out))) as DemoResults;
  } catch {
    return undefined;
  }
}

function refusal(out: string, received: string): HmsaError {
  return new HmsaError({
    operation: out,
    expected: 'a new or empty folder, or one of an earlier hmsa demo',
    received,
    remedy: 'Choose another folder: --out DIR.',
  });
}
