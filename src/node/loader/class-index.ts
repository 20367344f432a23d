import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { checkArgument, isRecord } from '../../base/errors/index.js';
import { callback, checkNamed, type Shape, signal, text } from '../../base/schema/index.js';
import { mapBounded } from '../../base/tasks.js';
import { buildClassIndex, type ClassIndex, checkDataset, type Dataset } from '../../data/index.js';
import { readJsonFile, writeFileAtomic } from '../files/index.js';
import type { Pool } from './pool.js';

/** Increase it when the same label maps give another index. */
const VERSION = 1;

export interface ClassIndexOptions {
  /** Size of the tiles, which is that of the crops. */
  readonly tile: { readonly width: number; readonly height: number };
  /** Folder in which indices are cached, by the fingerprint of the data set. Default: no cache. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Awaited after each label map. */
  readonly onProgress?: (done: number, total: number) => unknown;
}

const shape = {
  tile: z.object({ width: z.int().min(1), height: z.int().min(1) }),
  cache: text,
  signal,
  onProgress: callback,
} satisfies Shape<ClassIndexOptions>;

const schema = z.object({
  tile: z.object({ width: z.int(), height: z.int() }),
  places: z.array(z.array(z.int().min(0))),
});

/**
 * The places of every class in a data set: read from the cache if the labels have not changed, otherwise built by the
 * pool. Only label maps are decoded.
 *
 * @throws HmsaError that names the file when a label map cannot be read
 */
export async function classIndexOf(
  dataset: Dataset,
  pool: Pool,
  options: ClassIndexOptions,
): Promise<ClassIndex> {
  checkDataset(dataset, 'classIndexOf');
  checkNamed(shape, options, 'classIndexOf');
  const isPool =
    isRecord(pool) &&
    typeof pool.call === 'function' &&
    Number.isInteger(pool.size) &&
    (pool.size as number) >= 1;
  checkArgument(isPool, 'classIndexOf', 'a pool of threads, as in a loader', pool);
  const path = await cachePath(dataset, options);
  const cached = path === undefined ? undefined : await readCached(path);
  if (cached !== undefined) return cached;
  let done = 0;
  const centroids = await mapBounded(
    dataset.length,
    2 * pool.size,
    async (index) => {
      const found = await pool.call('centroids', { index, tile: options.tile });
      await options.onProgress?.(++done, dataset.length);
      return found;
    },
    options.signal,
  );
  const index = buildClassIndex(options.tile, dataset.classes.names.length, centroids);
  if (path !== undefined) await writeFileAtomic(path, JSON.stringify(index));
  return index;
}

async function cachePath(dataset: Dataset, { cache, tile }: ClassIndexOptions): Promise<string | undefined> {
  if (cache === undefined || dataset.fingerprint === undefined) return undefined;
  const key = JSON.stringify([VERSION, await dataset.fingerprint(), tile.width, tile.height]);
  const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
  return join(cache, `class-index-${name}.json`);
}

/** Undefined if the file is missing or damaged; the index is then built again. */
async function readCached(path: string): Promise<ClassIndex | undefined> {
  try {
    return schema.safeParse(await readJsonFile(path)).data;
  } catch {
    return undefined;
  }
}
