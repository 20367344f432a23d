import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { readJsonFile, writeJsonAtomic } from '../../node/files/index.js';
import type { ComparedResult, Shown } from '../../report/pages/index.js';

const MADE_BY = 'hmsa demo';

/** What `results.json` says. From its first moment it also marks the folder as one that a demo may write into. */
export interface DemoResults {
  readonly madeBy: typeof MADE_BY;
  /** What the shipped model was shown. */
  readonly segmented: readonly Shown[];
  /** Once all is done: how many unseen scenes the model trained here was scored on, what came out, and some of them. */
  readonly images?: number;
  readonly results?: readonly ComparedResult[];
  readonly unseen?: readonly Shown[];
}

export function resultsFile(out: string): string {
  return join(out, 'results.json');
}

/** Keeps what is done so far; paths in it are relative to the folder. */
export async function writeResults(out: string, results: Omit<DemoResults, 'madeBy'>): Promise<void> {
  await writeJsonAtomic(resultsFile(out), { madeBy: MADE_BY, ...results });
}

/**
 * What an earlier demo has left in a folder, or undefined where the folder is new or empty. A demo writes files of
 * common names (`model.safetensors`), so it keeps out of folders that may hold somebody's work.
 *
 * @throws HmsaError when the folder holds files and no demo
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
    expected: 'a new or empty folder, or one that hmsa demo has made',
    received,
    remedy: 'Choose another folder: --out DIR.',
  });
}
