import { float32, type NdArray } from '../base/arrays/index.js';
import { HmsaError } from '../base/errors/index.js';
import type { Variable } from '../engine/graph/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import type { Weights } from './initial-weights.js';
import { averageOf } from './optimizers/index.js';

/**
 * A model's own variables among all that its training knows, such as the state of a session: what a model file and the
 * segmenter take.
 *
 * @param options with `average`, the moving averages in place of the values themselves; statistics of batch norm are
 *   averaged as weights are (timm's `ModelEmaV3` does so, PyTorch's `AveragedModel` with `use_buffers`)
 * @throws HmsaError that names the variable when one of the model's has no value
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
        remedy: 'The values belong to another configuration; start a new run.',
      });
    }),
  );
}
