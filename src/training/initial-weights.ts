import { float32, type NdArray } from '../base/arrays/index.js';
import { declareVariables, type ModelConfig } from '../model/index.js';
import { initialize } from '../model/layers/index.js';

export type Weights = Map<string, NdArray<'float32'>>;

/** The weights that training starts from without pretrained ones: a pure function of configuration and seed. */
export function initialWeights(config: ModelConfig, seed: number): Weights {
  return new Map(
    [...declareVariables(config)].map(([name, { variable, initializer }]) => {
      const { shape } = variable.attributes;
      return [name, float32(initialize(initializer, shape, seed, name), shape)];
    }),
  );
}
