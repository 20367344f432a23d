import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { callback, flag, type Shape, signal } from '../base/schema/index.js';
import { mapBounded } from '../base/tasks.js';
import {
  type Assessment,
  type AssessOptions,
  assess as assessWith,
  type Examination,
  type ExaminationCache,
  type Examinations,
  type ExamineMeans,
  type ExamineOptions,
  examineAll as examineAllWith,
  generatedSource,
  type Source,
  treeSource,
  type Use,
} from '../data/assessment/index.js';
import type { Dataset } from '../data/index.js';
import type { FolderDataset } from '../data/pairs/index.js';
import { disk } from './datasets/disk.js';
import { FileDataset, type OpenOptions, parseSpec } from './datasets/index.js';
import { readJsonFile, writeFileAtomic } from './files/index.js';
import { version } from './version.js';

/** Files in the cache of the user. An entry is valid until a file of the set has another size or time. */
const examinationCache: ExaminationCache = { stampOf, kept, keep };

/** All cores of this machine, and the cache of the user. */
const means: ExamineMeans = { atOnce: disk.atOnce, cache: examinationCache };

/** The keys of {@link AssessOptions}. */
export const assessOptionsShape = {
  skipBad: flag,
  onProgress: callback,
  signal,
} satisfies Shape<AssessOptions>;

/** @throws HmsaError when there is no such kind or folder */
export async function openSource(spec: string, options: OpenOptions = {}): Promise<Source> {
  const { kind, location } = parseSpec(spec);
  if (!('scan' in kind)) return generatedSource(spec, kind, location, options);
  const tree = await kind.scan(location, options);
  return treeSource(spec, tree, options, disk, (parts) => new FileDataset(parts));
}

export function assess(
  source: Source,
  split: string | undefined,
  use: Use,
  options: AssessOptions = {},
): Promise<Assessment> {
  return assessWith(source, split, use, { ...options, ...means });
}

export function examineAll(dataset: Dataset, options: ExamineOptions): Promise<Examinations> {
  return examineAllWith(dataset, { ...options, ...means });
}

/** The most files in the cache. A new one replaces the oldest. */
const MOST_CACHED = 32;

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

/**
 * `$XDG_CACHE_HOME/hmsa`, `%LOCALAPPDATA%/hmsa`, or `~/.cache/hmsa`. A relative path does not count, as the XDG specification has
 * it: it would lead into the working folder.
 */
function cacheFolder(): string {
  const { XDG_CACHE_HOME = '', LOCALAPPDATA = '' } = process.env;
  const given = [XDG_CACHE_HOME, LOCALAPPDATA].find((folder) => isAbsolute(folder));
  return join(given ?? join(homedir(), '.cache'), 'hmsa');
}

function fileOf(key: string): string {
  return join(cacheFolder(), `examined-${key}.json`);
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
  const names = (await readdir(cacheFolder())).filter((name) => /^examined-[\w-]+\.json$/.test(name));
  const dated = await Promise.all(
    names.map(async (name) => ({ name, time: (await stat(join(cacheFolder(), name))).mtimeMs })),
  );
  dated.sort((a, b) => b.time - a.time);
  for (const { name } of dated.slice(MOST_CACHED)) await rm(join(cacheFolder(), name), { force: true });
}

/** Increase it when the same files give other results. */
const EXAMINATION_VERSION = 2;

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
  const hash = createHash('sha256').update(
    JSON.stringify([EXAMINATION_VERSION, version, classes, rule, pixelLimit]),
  );
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
