import type { AugmentConfig } from '../augmentation/index.js';
import type { Batch, Centroid, PlannedSample } from '../index.js';

/** Samples that belong together, with where they stand in their epoch. */
export interface BatchRequest {
  readonly epoch: number;
  readonly seed: number;
  readonly samples: readonly (PlannedSample & { readonly position: number })[];
  readonly augment: AugmentConfig;
  readonly skipBad: boolean;
}

/** One label map whose centroids are wanted. */
export interface CentroidRequest {
  readonly index: number;
  readonly tile: { readonly width: number; readonly height: number };
}

/** A sample that could not be read and what was wrong with it. */
export interface SkippedSample {
  /** In the data set. */
  readonly index: number;
  /** One line that names the file. */
  readonly message: string;
}

export interface MadeBatch extends Batch {
  readonly ids: readonly string[];
  readonly skipped: readonly SkippedSample[];
}

/** What a loader asks of its threads. */
export interface BatchCalls {
  batch(request: BatchRequest): Promise<MadeBatch>;
  centroids(request: CentroidRequest): Promise<readonly Centroid[]>;
}
