import type { AugmentConfig } from '../augmentation/index.js';
import type { Batch, Centroid, PlannedSample } from '../index.js';

/** The samples of a batch, with their positions in the epoch. */
export interface BatchRequest {
  readonly epoch: number;
  readonly seed: number;
  readonly samples: readonly (PlannedSample & { readonly position: number })[];
  readonly augment: AugmentConfig;
  readonly skipBad: boolean;
}

/** A request for the centroids of one label map. */
export interface CentroidRequest {
  readonly index: number;
  readonly tile: { readonly width: number; readonly height: number };
}

/** A sample that could not be read, and why. */
export interface SkippedSample {
  /** Index in the data set. */
  readonly index: number;
  /** One line that names the file. */
  readonly message: string;
}

export interface MadeBatch extends Batch {
  readonly ids: readonly string[];
  readonly skipped: readonly SkippedSample[];
}

/** The calls of a loader to its threads. */
export interface BatchCalls {
  batch(request: BatchRequest): Promise<MadeBatch>;
  centroids(request: CentroidRequest): Promise<readonly Centroid[]>;
}
