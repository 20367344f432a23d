import type { ModelConfig } from '../../model/index.js';
import type { Segmenter } from '../../prediction/index.js';
import type { ConfusionMatrix } from '../confusion-matrix.js';
import type { BoundaryCounts } from './boundary.js';
import type { ComparedWay } from './ways.js';

/** What is known of how a model, or the network of one of its scales, was trained. */
export interface TrainingFacts {
  /** In all, from the beginning. */
  readonly epochs?: number;
  readonly secondsPerEpoch?: number;
  /** The largest memory of the process that trained it. */
  readonly peakMemoryBytes?: number;
}

/** What is compared: one model, or several that differ only in their seed. */
export interface Contender {
  readonly name: string;
  /** Each opens one of its models. It is opened when it is needed and disposed of before the next one is. */
  readonly models: readonly (() => Promise<Segmenter>)[];
  /**
   * The contender whose single scales and whose average are what its combinations have to beat: networks that were trained on
   * as many images, but without attention. Default: itself.
   */
  readonly reference?: string;
  /** How its model or, if given, the network for a scale was trained. */
  readonly trainingOf?: (scale?: number) => TrainingFacts | undefined;
}

/** What one way of one model scores. */
export interface WayScores {
  readonly way: ComparedWay;
  /** For each block. */
  readonly matrices: readonly ConfusionMatrix[];
  readonly boundary: BoundaryCounts;
  /** The mean IoU of each image, over the classes in its truth; NaN if there are none. */
  readonly imageIoU: number[];
}

/** The place and the name of each image in the data set. */
export interface ComparedImage {
  readonly index: number;
  readonly id: string;
}

/** All that was measured of a contender. */
export interface MeasuredContender {
  readonly contender: Contender;
  readonly config: ModelConfig;
  readonly ways: readonly ComparedWay[];
  /** For each model and each way. */
  readonly scores: readonly (readonly WayScores[])[];
  /** For each way; undefined for the oracle. */
  readonly work: readonly (Work | undefined)[];
}

/** What it takes to label one image. */
export interface Work {
  readonly multiplyAdds: number;
  /** The median; undefined if it was not timed. */
  readonly seconds?: number;
}
