import { float32, type NdArray } from '../base/arrays/index.js';
import { HmsaError } from '../base/errors/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import type { Weights } from './initial-weights.js';

/**
 * A model's own variables among all that its training knows, such as the state of a session: what a model file and the
 * segmenter take.
 *
 * @throws HmsaError that names the variable when one of the model's has no value
 */
export function weightsOf(model: ModelConfig, values: ReadonlyMap<string, NdArray>): Weights {
  return new Map(
    [...declareVariables(model)].map(([name, { variable }]) => {
      const value = values.get(name);
      if (value?.dtype === 'float32') return [name, float32(value.data, value.shape)] as const;
      throw new HmsaError({
        operation: 'weights of the model',
        expected: `a value for ${name} [${variable.attributes.shape}]`,
        received: 'none',
        remedy: 'The values belong to another configuration; start a new run.',
      });
    }),
  );
}
