import { checkArgument, HmsaError, isObject, isRecord } from '../../base/errors/index.js';
import type { MadeBatch, SkippedSample } from '../../data/batches/index.js';
import {
  type Batch,
  type ClassIndex,
  checkDataset,
  type Dataset,
  type DatasetModule,
  isDatasetModule,
  type PlannedSample,
  planEpoch,
} from '../../data/index.js';
import { openDatasetModule } from '../datasets/index.js';
import { classIndexOf } from './class-index.js';
import { type LoaderOptions, type LoaderPlan, planLoader } from './options.js';
import { openPool, type Pool } from './pool.js';

/** A batch with its number and the ids of its samples. */
export interface LoadedBatch extends Batch {
  /** Ids of the samples, in order. */
  readonly ids: readonly string[];
  readonly epoch: number;
  /** Number of the batch in its epoch. */
  readonly index: number;
}

/** How fast the loader was since it was opened. */
export interface LoaderReport {
  readonly batches: number;
  /** Seconds that the consumer waited for batches. */
  readonly waitSeconds: number;
  /** Seconds from the request for the first batch of a stream to its end, including the consumer's own work. */
  readonly seconds: number;
  /** waitSeconds / seconds, without the first batch of each stream, for which there is always a wait. */
  readonly waitShare: number;
  /** Samples that could not be read, each listed once. */
  readonly skipped: readonly SkippedSample[];
}

/**
 * Batches of augmented samples, which worker threads make ahead of their use.
 *
 * Order and bytes are a pure function of the data set, the options and the number of the batch. The number of workers
 * and their timing change nothing, and an epoch can begin at any batch.
 *
 * ```ts
 * const loader = await openLoader(dataset, { batchSize: 8, seed: 1, augment: augmentPresets.paper(crop) }); for await
 * (const batch of loader.epoch(0)) step(batch); await loader.close();
 * ```
 */
export class Loader {
  readonly #pool: Pool;
  readonly #plan: LoaderPlan;
  readonly #options: LoaderOptions;
  readonly #skipped = new Map<number, SkippedSample>();
  #batches = 0;
  #wait = 0;
  #steadyWait = 0;
  #seconds = 0;
  #steadySeconds = 0;
  #planned: { epoch: number; samples: PlannedSample[] } | undefined;

  /** Use {@link openLoader}. */
  constructor(
    readonly dataset: Dataset,
    options: LoaderOptions,
    pool: Pool,
    /** The places of the classes; only with class-uniform sampling. */
    readonly classIndex: ClassIndex | undefined,
  ) {
    checkDataset(dataset, 'loader');
    this.#options = options;
    this.#plan = planLoader(options, dataset);
    checkArgument(
      isRecord(pool) && [pool.call, pool.close].every((does) => typeof does === 'function'),
      'loader',
      'a pool of threads',
      pool,
    );
    this.#pool = pool;
  }

  /** Batches in an epoch. */
  get batchesPerEpoch(): number {
    const batches = samplesInEpoch(this.dataset, this.#plan) / this.#plan.batchSize;
    return this.#plan.lastBatch === 'drop' ? Math.floor(batches) : Math.ceil(batches);
  }

  /** The batches of one epoch, beginning with batch `from`. */
  epoch(
    epoch: number,
    options: { readonly from?: number } = {},
  ): AsyncGenerator<LoadedBatch, void, undefined> {
    checkArgument(isCount(epoch), 'epoch', 'the number of an epoch, from 0', epoch);
    checkArgument(isObject(options), 'epoch', 'an object of options', options);
    const { from = 0 } = options;
    checkArgument(isCount(from), 'epoch, from', 'the number of a batch, from 0', from);
    const first = epoch * this.batchesPerEpoch;
    return this.stream({ from: first + from, to: first + this.batchesPerEpoch });
  }

  /**
   * Batches numbered through all epochs, from `from` (default 0) to before `to` (default: without end). Batches of the
   * next epoch are made before the current one ends, so that training does not wait between them.
   *
   * @throws HmsaError at once for an invalid batch number; later one that names the file, when a sample of the next
   *   batch cannot be read
   */
  stream(
    options: { readonly from?: number; readonly to?: number } = {},
  ): AsyncGenerator<LoadedBatch, void, undefined> {
    checkArgument(isObject(options), 'stream', 'an object of options', options);
    const { from = 0, to = Number.POSITIVE_INFINITY } = options;
    checkArgument(isCount(from), 'stream, from', 'the number of a batch, from 0', from);
    const isEnd = isCount(to) || to === Number.POSITIVE_INFINITY;
    checkArgument(isEnd, 'stream, to', 'the number of a batch, from 0', to);
    return this.#stream(countUp(from, to));
  }

  /**
   * The batches of these numbers, in their order; else as {@link stream}.
   *
   * @param numbers of batches, counted through all epochs
   * @throws HmsaError at once if they are no iterable; later for an invalid batch number
   */
  batches(numbers: Iterable<number>): AsyncGenerator<LoadedBatch, void, undefined> {
    const isIterable = typeof numbers === 'object' && typeof numbers?.[Symbol.iterator] === 'function';
    checkArgument(isIterable, 'batches', 'an iterable of numbers of batches', numbers);
    return this.#stream(numbers[Symbol.iterator]());
  }

  async *#stream(numbers: Iterator<number>): AsyncGenerator<LoadedBatch, void, undefined> {
    const ahead: Promise<LoadedBatch>[] = [];
    const begin = () => {
      const { value, done } = numbers.next();
      if (done) return false;
      checkArgument(isCount(value), 'batches', 'the number of a batch, from 0', value);
      return ahead.push(this.#load(value)) > 0;
    };
    let mark = performance.now();
    let isSteady = false;
    const pass = () => {
      const now = performance.now();
      const passed = (now - mark) / 1000;
      mark = now;
      this.#seconds += passed;
      if (isSteady) this.#steadySeconds += passed;
      return passed;
    };
    try {
      for (;;) {
        while (ahead.length < this.#plan.prefetch && begin());
        if (ahead.length === 0) return;
        this.#options.signal?.throwIfAborted();
        pass();
        const batch = await ahead.shift()!;
        const waited = pass();
        this.#wait += waited;
        if (isSteady) this.#steadyWait += waited;
        isSteady = true;
        this.#batches++;
        yield batch;
      }
    } finally {
      pass();
    }
  }

  get report(): LoaderReport {
    return {
      batches: this.#batches,
      waitSeconds: this.#wait,
      seconds: this.#seconds,
      waitShare: this.#steadySeconds === 0 ? 0 : this.#steadyWait / this.#steadySeconds,
      skipped: [...this.#skipped.values()].sort((a, b) => a.index - b.index),
    };
  }

  /** Ends the worker threads after their current work. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  #load(number: number): Promise<LoadedBatch> {
    const epoch = Math.floor(number / this.batchesPerEpoch);
    const index = number % this.batchesPerEpoch;
    const { seed, augment, skipBad } = this.#plan;
    const request = { epoch, seed, samples: this.#samplesOf(epoch, index), augment, skipBad };
    const loaded = this.#pool.call('batch', request).then((result) => this.#finish(result, epoch, index));
    // A failed batch is reported when its turn comes, and never if nobody asks for it.
    loaded.catch(() => {});
    return loaded;
  }

  #finish({ skipped, ...batch }: MadeBatch, epoch: number, index: number): LoadedBatch {
    for (const sample of skipped) this.#skipped.set(sample.index, sample);
    return { ...batch, epoch, index };
  }

  #samplesOf(epoch: number, index: number): (PlannedSample & { position: number })[] {
    const { batchSize, lastBatch } = this.#plan;
    const plan = this.#epochPlan(epoch);
    const first = index * batchSize;
    const end = lastBatch === 'keep' ? Math.min(plan.length, first + batchSize) : first + batchSize;
    return Array.from({ length: end - first }, (_, i) => ({
      ...plan[(first + i) % plan.length]!,
      position: first + i,
    }));
  }

  #epochPlan(epoch: number): PlannedSample[] {
    if (this.#planned?.epoch !== epoch) {
      const { seed, sampling: mode } = this.#plan;
      const { uniformShare } = this.#options;
      const { length, mixture } = this.dataset;
      const samples = planEpoch({
        length,
        mode,
        seed,
        epoch,
        ...(mixture && { mixture }),
        ...(this.classIndex && { classIndex: this.classIndex }),
        ...(uniformShare !== undefined && { uniformShare }),
      });
      this.#planned = { epoch, samples };
    }
    return this.#planned.samples;
  }
}

/**
 * Opens a loader over a data set. With class-uniform sampling, the index of the places of classes is read from the
 * cache or built first.
 *
 * @param data a data set, or the module that makes one
 * @throws HmsaError when an option does not fit, or the data set is empty or cannot be opened in worker threads
 */
export async function openLoader(data: Dataset | DatasetModule, options: LoaderOptions): Promise<Loader> {
  const dataset = isDatasetModule(data) ? await openDatasetModule(data) : data;
  checkDataset(dataset, 'loader');
  const plan = planLoader(options, dataset);
  const least = plan.lastBatch === 'drop' ? plan.batchSize : 1;
  const samples = samplesInEpoch(dataset, plan);
  if (samples < least) {
    throw new HmsaError({
      operation: 'loader',
      expected: `at least ${least} samples`,
      received: String(samples),
      remedy: 'Use smaller batches or more data.',
    });
  }
  const pool = openPool(dataset, plan.workers);
  try {
    const classIndex =
      plan.sampling === 'class-uniform' ? await indexFor(dataset, pool, plan, options) : undefined;
    return new Loader(dataset, options, pool, classIndex);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

function samplesInEpoch({ length, mixture }: Dataset, { sampling }: LoaderPlan): number {
  return sampling === 'sequential' ? length : (mixture?.samples ?? length);
}

function* countUp(from: number, to: number): Generator<number, void, undefined> {
  for (let number = from; number < to; number++) yield number;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function indexFor(
  dataset: Dataset,
  pool: Pool,
  plan: LoaderPlan,
  options: LoaderOptions,
): Promise<ClassIndex> {
  const { cache, signal, onIndexing: onProgress } = options;
  return classIndexOf(dataset, pool, {
    tile: plan.augment.crop!,
    ...(cache !== undefined && { cache }),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
}
