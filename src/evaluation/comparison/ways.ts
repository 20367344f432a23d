import { checkArgument, isObject } from '../../base/errors/index.js';
import type { Model } from '../../model/file/index.js';
import { attentions, checkedScales, type ModelConfig } from '../../model/index.js';
import type { Way } from '../../prediction/index.js';

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
