import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { callback, checkNamed, flag, type Shape, signal, text } from '../../base/schema/index.js';
import { type AugmentConfig, checkAugmentConfig } from '../../data/augmentation/index.js';
import type { Dataset, SamplingMode } from '../../data/index.js';

export interface LoaderOptions {
  /** Samples in a batch. */
  readonly batchSize: number;
  /** Determines the order and all augmentation. */
  readonly seed: number;
  /** Default: no augmentation. */
  readonly augment?: AugmentConfig;
  /** Default `shuffled`. */
  readonly sampling?: SamplingMode;
  /** Share of the crops that are class-uniform; default one half. */
  readonly uniformShare?: number;
  /**
   * Worker threads; 0 for the calling thread alone. Default: one less than the number of cores, but at least 1; 0 for a
   * data set that only the calling thread can read.
   */
  readonly workers?: number;
  /** Batches that are in work or waiting ahead of the current one. Default: two more than there are workers. */
  readonly prefetch?: number;
  /**
   * What happens if the batch size does not divide the samples of an epoch: `fill` (default) completes the last batch
   * with the epoch's first samples, `drop` leaves out the rest, `keep` makes a smaller batch.
   */
  readonly lastBatch?: 'fill' | 'drop' | 'keep';
  /** Replace a sample that cannot be read by the next one and list it, instead of failing. */
  readonly skipBad?: boolean;
  /** Folder in which class-uniform sampling caches its index. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Called while the index of class-uniform sampling is built. */
  readonly onIndexing?: (done: number, total: number) => unknown;
}

const shape = {
  batchSize: z.int().min(1),
  seed: z.int(),
  augment: z
    .custom((value) => typeof value === 'object' && value !== null, 'an object of augmentations')
    .optional(),
  sampling: z.enum(['sequential', 'shuffled', 'class-uniform']).optional(),
  uniformShare: z.number().min(0).max(1).optional(),
  workers: z.int().min(0).max(1024).optional(),
  prefetch: z.int().min(1).optional(),
  lastBatch: z.enum(['fill', 'drop', 'keep']).optional(),
  skipBad: flag,
  cache: text,
  signal,
  onIndexing: callback,
} satisfies Shape<LoaderOptions>;

/** The options with all defaults. */
export type LoaderPlan = Required<
  Pick<
    LoaderOptions,
    'batchSize' | 'seed' | 'augment' | 'sampling' | 'workers' | 'prefetch' | 'lastBatch' | 'skipBad'
  >
>;

/** @throws HmsaError that names the option */
export function planLoader(options: LoaderOptions, { source }: Dataset): LoaderPlan {
  checkNamed(shape, options, 'loader');
  const workers = options.workers ?? (source === undefined ? 0 : Math.max(1, availableParallelism() - 1));
  const plan: LoaderPlan = {
    batchSize: options.batchSize,
    seed: options.seed,
    augment: options.augment ?? {},
    sampling: options.sampling ?? 'shuffled',
    workers,
    prefetch: options.prefetch ?? workers + 2,
    lastBatch: options.lastBatch ?? 'fill',
    skipBad: options.skipBad ?? false,
  };
  checkAugmentConfig(plan.augment);
  if (plan.sampling === 'class-uniform' && plan.augment.crop === undefined) {
    throw new HmsaError({
      operation: 'loader',
      expected: 'a crop size for class-uniform sampling',
      received: 'none',
      remedy: 'Set augment.crop, or choose another sampling.',
    });
  }
  return plan;
}
