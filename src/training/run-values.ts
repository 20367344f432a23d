import type { NdArray } from '../base/arrays/index.js';
import type { Variable } from '../engine/graph/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import type { TrainConfig } from './config.js';
import { averageOf } from './optimizers/index.js';
import { initialState } from './step/index.js';

/** The variables that live for the whole run: the model's own and, with `ema`, the average of each. */
export function runVariables(model: ModelConfig, { ema }: Pick<TrainConfig, 'ema'>): Variable[] {
  const own = [...declareVariables(model).values()].map(({ variable }) => variable);
  return ema === undefined ? own : [...own, ...own.map(averageOf)];
}

/**
 * What a phase begins with: the values that live for the run. What lived for the phase before is gone.
 *
 * @throws HmsaError that names the variable when its value is missing or of another shape
 */
export function runValues(
  model: ModelConfig,
  training: TrainConfig,
  values: ReadonlyMap<string, NdArray>,
): Map<string, NdArray> {
  return new Map(Object.entries(initialState({ variables: runVariables(model, training) }, values)));
}
