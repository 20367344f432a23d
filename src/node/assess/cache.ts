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

/** The most files in the cache. A new one replaces the oldest. */
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

/**
 * The results that an earlier examination stored under this key; undefined if there are none or the file is damaged.
 */
async function kept(key: string): Promise<readonly Examination[] | undefined> {
  try {
    return schema.safeParse(await readJsonFile(fileOf(key))).data;
  } catch {
    return undefined;
  }
}

/**
 * Stores results, if every file could be read (a failure may be temporary) and the folder can be written. A cache must
 * not end a run.
 */
async function keep(key: string, items: readonly Examination[]): Promise<void> {
  if (!schema.safeParse(items).success) return;
  try {
    await writeFileAtomic(fileOf(key), JSON.stringify(items));
    await dropOldest();
  } catch {
    // The files are examined again next time.
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

/** Increase it when the same files give other results. */
const VERSION = 1;

/**
 * The key of an examination: the paths, sizes and times of the files, and how labels are read. Unlike the fingerprint
 * of a data set, it opens no file. It changes whenever a file is written, even with the same bytes.
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

/** A missing file gets a size too, so that it is examined and reported. */
async function sizeAndTimes(path: string): Promise<{ size: number; modified?: number; changed?: number }> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    return { size, modified: mtimeMs, changed: ctimeMs };
  } catch {
    return { size: 0 };
  }
}

/** Files in the cache of the user. An entry is valid until a file of the set has another size or time. */
export const examinationCache: ExaminationCache = { stampOf, kept, keep };
