import { availableParallelism } from 'node:os';
import type { Dataset } from '../../data/index.js';
import { mapBounded } from '../datasets/index.js';
import { keep, kept } from './cache.js';
import { type Depth, type Examination, examine, type Reading } from './examine.js';
import { asFiles } from './source.js';
import { stampOf } from './stamp.js';

export interface ExamineOptions {
  /**
   * `whole`: every pixel. `affordable`: photographs of more than {@link AFFORDABLE_BYTES} together are read no further
   * than their headers.
   */
  readonly depth: 'whole' | 'affordable';
  /** Called with each photograph while its pixels are there. */
  readonly onReading?: (index: number, reading: Reading) => Promise<void>;
  /** Called after each photograph; never where the result was kept from an earlier time. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Examinations {
  readonly depth: Depth;
  /** In the data set's order. */
  readonly items: readonly Examination[];
}

/** 1 GiB. Compressed photographs of so many bytes are decoded in about a minute by one core. */
const AFFORDABLE_BYTES = 2 ** 30;

/** Sets of fewer photographs are examined faster than they are worth a file. */
const LEAST_KEPT = 200;

/**
 * Examines every photograph of a data set and its label, as many at once as there are cores; what is held does not grow
 * with the number of pixels. The result for a set of files is kept in the user's cache, and holds for as long as no file
 * has another size or time.
 */
export async function examineAll(dataset: Dataset, options: ExamineOptions): Promise<Examinations> {
  const files = asFiles(dataset);
  if (files === undefined) return { depth: 'whole', items: await readAll(dataset, 'whole', options) };
  const { bytes, digest } = await stampOf(files);
  const depth = options.depth === 'whole' || bytes <= AFFORDABLE_BYTES ? 'whole' : 'headers';
  const isWorthKeeping = dataset.length >= LEAST_KEPT;
  const key = `${depth}-${digest}`;
  // Whoever wants the pixels has to have them read.
  if (isWorthKeeping && options.onReading === undefined) {
    const items = await kept(key);
    if (items?.length === dataset.length) return { depth, items };
  }
  const items = await readAll(dataset, depth, options);
  if (isWorthKeeping) await keep(key, items);
  return { depth, items };
}

function readAll(
  dataset: Dataset,
  depth: Depth,
  { onReading, onProgress, signal }: ExamineOptions,
): Promise<Examination[]> {
  let done = 0;
  const one = async (index: number): Promise<Examination> => {
    const reading = await examine(dataset, index, depth);
    await onReading?.(index, reading);
    onProgress?.(++done, dataset.length);
    const { photo: _, label: __, ...examination } = reading;
    return examination;
  };
  return mapBounded(dataset.length, availableParallelism(), one, signal);
}
