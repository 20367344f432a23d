import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { type AugmentConfig, checkAugmentConfig } from '../../data/augmentation/index.js';
import type { Dataset, SamplingMode } from '../../data/index.js';
import { callback, checkNamed, flag, type Shape, signal, text } from '../arguments/index.js';

export interface LoaderOptions {
  /** Samples in a batch. */
  readonly batchSize: number;
  /** Every order and every augmentation follows from it. */
  readonly seed: number;
  /** Nothing is done to the samples where left out. */
  readonly augment?: AugmentConfig;
  /** `shuffled` where left out. */
  readonly sampling?: SamplingMode;
  /** Share of class-uniform crops; one half where left out. */
  readonly uniformShare?: number;
  /**
   * Worker threads; 0: the calling thread alone. Where left out one less than there are cores, at least 1, or 0 for a data
   * set that only the calling thread has.
   */
  readonly workers?: number;
  /** Batches that are made or kept ahead of the one in use; two more than there are workers where left out. */
  readonly prefetch?: number;
  /**
   * When the samples of an epoch are no multiple of the batch size: `fill` (where left out) completes the last
   * batch with the epoch's first samples, `drop` leaves the rest out, `keep` makes a smaller batch.
   */
  readonly lastBatch?: 'fill' | 'drop' | 'keep';
  /** Take the next sample that can be read for one that cannot, and list it, instead of failing. */
  readonly skipBad?: boolean;
  /** Folder in which class-uniform sampling keeps its index. */
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

/** The options with everything filled in that has a default. */
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
      remedy: 'Set augment.crop, or another sampling.',
    });
  }
  return plan;
}
