import type { Tensor } from '../../graph/index.js';

/** What a trunk hands to a head. */
export interface Features {
  /** Early features with fine detail, at a quarter of the image's sides. */
  readonly low: Tensor;
  /** The deepest features, at the trunk's output stride. */
  readonly high: Tensor;
}
