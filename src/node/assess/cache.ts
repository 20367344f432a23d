import { readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Examination } from '../../data/assessment/index.js';
import { readJsonFile, writeFileAtomic } from '../files/index.js';

/** Files that are kept; the oldest goes for a new one. */
const MOST = 32;

const count = z.int().min(0);
const schema: z.ZodType<Examination[]> = z.array(
  z.object({
    size: z.object({ width: count, height: count }).exactOptional(),
    hasLabel: z.boolean(),
    counts: z.array(z.tuple([count.max(255), count])).exactOptional(),
    flaws: z.array(
      z.object({
        kind: z.enum(['void label', 'size mismatch', 'unknown label']),
        file: z.string(),
        expected: z.string(),
        received: z.string(),
      }),
    ),
  }),
);

/** `$XDG_CACHE_HOME/hmsa`, `%LOCALAPPDATA%/hmsa`, or `~/.cache/hmsa`. */
function folder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'hmsa');
}

function fileOf(key: string): string {
  return join(folder(), `examined-${key}.json`);
}

/** What was found under this key before; undefined where it was not kept, or not whole. */
export async function kept(key: string): Promise<readonly Examination[] | undefined> {
  try {
    return schema.safeParse(await readJsonFile(fileOf(key))).data;
  } catch {
    return undefined;
  }
}

/**
 * Keeps what was found, where every file could be read (the next time it may be) and the folder can be written: a cache
 * must not end a run.
 */
export async function keep(key: string, items: readonly Examination[]): Promise<void> {
  if (!schema.safeParse(items).success) return;
  try {
    await writeFileAtomic(fileOf(key), JSON.stringify(items));
    await dropOldest();
  } catch {
    // It is examined again next time.
  }
}

async function dropOldest(): Promise<void> {
  const names = (await readdir(folder())).filter((name) => /^examined-[\w-]+\.json$/.test(name));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(folder(), name))).mtimeMs })),
  );
  dated.sort((a, b) => b.time - a.time);
  for (const { name } of dated.slice(MOST)) await rm(join(folder(), name), { force: true });
}
