import { float32, type NdArray } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import type { Variable } from '../engine/graph/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import { initialize } from '../model/layers/index.js';
import type { TrainConfig } from './config.js';
import { averageOf } from './optimizers/index.js';
import { initialState } from './step/index.js';

export type Weights = Map<string, NdArray<'float32'>>;

/** Random initial weights. They are a pure function of configuration and seed. */
export function initialWeights(config: ModelConfig, seed: number): Weights {
  return new Map(
    [...declareVariables(config)].map(([name, { variable, initializer }]) => {
      const { shape } = variable.attributes;
      return [name, float32(initialize(initializer, shape, seed, name), shape)];
    }),
  );
}

/**
 * The variables of the model itself, out of everything that its training knows, such as the state of a session. A model
 * file and the segmenter take these.
 *
 * @param options with `average`, the moving averages instead of the values; the statistics of batch norm are averaged
 *   too, as in timm's `ModelEmaV3` and in PyTorch's `AveragedModel` with `use_buffers`
 * @throws HmsaError that names a variable of the model without a value
 */
export function weightsOf(
  model: ModelConfig,
  values: ReadonlyMap<string, NdArray>,
  options: { readonly average?: boolean } = {},
): Weights {
  const kept = (variable: Variable) => (options.average ? averageOf(variable) : variable).attributes.name;
  return new Map(
    [...declareVariables(model)].map(([name, { variable }]) => {
      const value = values.get(kept(variable));
      if (value?.dtype === 'float32') return [name, float32(value.data, value.shape)] as const;
      throw new HmsaError({
        operation: 'weights of the model',
        expected: `a value for ${kept(variable)} [${variable.attributes.shape}]`,
        received: 'none',
        remedy: 'The values belong to another configuration. Start a new run.',
      });
    }),
  );
}

/** Sets the variables of the model among the values of a run, or their averages. It is the inverse of {@link weightsOf}. */
export function setWeights(
  model: ModelConfig,
  values: Map<string, NdArray>,
  weights: Weights,
  options: { readonly average?: boolean } = {},
): void {
  for (const [name, { variable }] of declareVariables(model)) {
    const kept = options.average ? averageOf(variable) : variable;
    values.set(kept.attributes.name, weights.get(name)!);
  }
}

/** The variables that live for the whole run: those of the model and, with `ema`, the average of each. */
export function runVariables(model: ModelConfig, { ema }: Pick<TrainConfig, 'ema'>): Variable[] {
  const variables = [...declareVariables(model).values()].map(({ variable }) => variable);
  return ema === undefined ? variables : [...variables, ...variables.map(averageOf)];
}

/**
 * The values that a phase begins with: those that live for the whole run. Values of earlier phases are dropped.
 *
 * @throws HmsaError that names the variable when its value is missing or has another shape
 */
export function runValues(
  model: ModelConfig,
  training: TrainConfig,
  values: ReadonlyMap<string, NdArray>,
): Map<string, NdArray> {
  return new Map(Object.entries(initialState({ variables: runVariables(model, training) }, values)));
}
