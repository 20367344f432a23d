import { checkArgument, isObject } from '../../base/errors/index.js';
import type { Model } from '../../model/file/index.js';
import { attentions, checkedScales, type ModelConfig } from '../../model/index.js';
import type { Segmenter, Way } from '../../prediction/index.js';
import type { ConfusionMatrix } from '../confusion-matrix.js';
import type { BoundaryCounts } from './boundary.js';

/** Sets of scales at which a model is compared, beside those that it was trained on, if it can run there. */
export const usualScales: readonly (readonly number[])[] = [
  [0.5, 1],
  [1, 2],
  [0.5, 1, 2],
];

/** A row of a comparison: a way to label or, pixel by pixel, a scale that is right wherever one is. */
export interface ComparedWay {
  /** Highest first. */
  readonly scales: readonly number[];
  readonly combine: Way['combine'] | 'oracle';
  /** Whether the model was trained on exactly these scales or, for one scale alone, on it among others. */
  readonly trained: boolean;
}

/**
 * The ways in which a model is compared: each scale alone; for each set of scales their average, their maximum, the attention if
 * it is trained and can weigh them, and the oracle.
 *
 * @param sets sets of scales beside those that the model was trained on. A set at which it cannot run is left out
 */
export function comparedWays(
  model: Pick<Model, 'config' | 'weights'>,
  sets: readonly (readonly number[])[] = usualScales,
): ComparedWay[] {
  const isModel = isObject(model) && isObject(model.config) && model.weights instanceof Map;
  checkArgument(isModel, 'comparedWays', 'a model with config and weights', model);
  const isSets =
    Array.isArray(sets) &&
    sets.every((set) => Array.isArray(set) && set.every((scale) => typeof scale === 'number'));
  checkArgument(isSets, 'comparedWays', 'a list of lists of scales', sets);
  const { config, weights } = model;
  const trained = sorted(config.scales);
  // An attention that cannot run at others is compared where it can.
  const isBound = hasTaughtAttention(weights) && attentions.get(config.attention.name).ownScalesOnly === true;
  const all = [trained, ...(isBound ? [] : sets.map(sorted))].filter(
    (set, i, list) =>
      (i === 0 || set.length > 1) && list.findIndex((other) => String(other) === String(set)) === i,
  );
  const usable = all.filter((scales) => canRun(config, { scales, combine: 'average' }));
  const alone = sorted([...new Set(usable.flat())]).reverse();
  const isTaught = hasTaughtAttention(weights);
  return [
    ...alone.map((scale): ComparedWay => {
      return { scales: [scale], combine: 'single', trained: trained.includes(scale) };
    }),
    ...usable
      .filter(({ length }) => length > 1)
      .flatMap((scales): ComparedWay[] => {
        const isTrained = String(scales) === String(trained);
        const way = (combine: ComparedWay['combine']) => ({ scales, combine, trained: isTrained });
        const weighs = isTaught && canRun(config, { scales, combine: 'hierarchical' });
        return [way('average'), way('max'), ...(weighs ? [way('hierarchical')] : []), way('oracle')];
      }),
  ];
}

function sorted(scales: readonly number[]): number[] {
  return [...scales].sort((a, b) => b - a);
}

export function canRun(config: ModelConfig, way: Way): boolean {
  if (way.combine === 'hierarchical' && attentions.get(config.attention.name).name === 'none') return false;
  try {
    checkedScales(config, way);
    return true;
  } catch {
    return false;
  }
}

/** Whether the attention has learned anything: its last layer, and no other, starts at zero. */
function hasTaughtAttention(weights: Model['weights']): boolean {
  return [...weights].some(
    ([name, { data }]) => /(^|\.)attention\.score\./.test(name) && data.some((value) => value !== 0),
  );
}

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
