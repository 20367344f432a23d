import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { mapBounded } from '../../base/tasks/index.js';
import type { Examination, ExaminationCache } from '../../data/assessment/index.js';
import type { FolderDataset } from '../../data/pairs/index.js';
import { readJsonFile, writeFileAtomic } from '../files/index.js';
import { version } from '../version.js';

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
        remedy: z.string().exactOptional(),
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
async function kept(key: string): Promise<readonly Examination[] | undefined> {
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
async function keep(key: string, items: readonly Examination[]): Promise<void> {
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

/** Raised when equal files are examined to another result. */
const VERSION = 1;

/**
 * What an examination of these very files depends on: their paths, sizes and times, and how labels are read. Unlike a
 * data set's fingerprint it opens no file, and it changes whenever a file was written, even with the same bytes.
 */
async function stampOf(dataset: FolderDataset): Promise<{
  /** Of all photographs together. */
  readonly bytes: number;
  /** Hexadecimal. */
  readonly digest: string;
}> {
  const { items, classes, rule, pixelLimit } = dataset.parts;
  let bytes = 0;
  const lines = await mapBounded(items.length, 16, async (index) => {
    const { image, label } = items[index]!;
    const photo = await sizeAndTimes(image);
    bytes += photo.size;
    return JSON.stringify([image, photo, label, label === undefined ? null : await sizeAndTimes(label)]);
  });
  const hash = createHash('sha256').update(JSON.stringify([VERSION, version, classes, rule, pixelLimit]));
  for (const line of lines) hash.update(line);
  return { bytes, digest: hash.digest('hex').slice(0, 40) };
}

/** A file that is gone is examined, and found missing. */
async function sizeAndTimes(path: string): Promise<{ size: number; modified?: number; changed?: number }> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    return { size, modified: mtimeMs, changed: ctimeMs };
  } catch {
    return { size: 0 };
  }
}

/** Files in the user's cache; an entry holds for as long as no file of the set has another size or time. */
export const examinationCache: ExaminationCache = { stampOf, kept, keep };
