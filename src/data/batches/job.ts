import type { AugmentConfig } from '../../data/augmentation/index.js';
import type { Batch, Centroid, PlannedSample } from '../../data/index.js';

/** Samples that belong together, with where they stand in their epoch. */
export interface BatchJob {
  readonly kind: 'batch';
  readonly epoch: number;
  readonly seed: number;
  readonly samples: readonly (PlannedSample & { readonly position: number })[];
  readonly augment: AugmentConfig;
  readonly skipBad: boolean;
}

/** One label map whose centroids are wanted. */
export interface CentroidJob {
  readonly kind: 'centroids';
  readonly index: number;
  readonly tile: { readonly width: number; readonly height: number };
}

export type Job = BatchJob | CentroidJob;

/** A sample that could not be read and what was wrong with it. */
export interface SkippedSample {
  /** In the data set. */
  readonly index: number;
  /** One line that names the file. */
  readonly message: string;
}

export interface BatchResult extends Batch {
  readonly ids: readonly string[];
  readonly skipped: readonly SkippedSample[];
}

export interface ResultOf {
  batch: BatchResult;
  centroids: readonly Centroid[];
}
