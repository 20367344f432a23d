import { float32, type NdArray } from '../../src/base/arrays.js';
import { declareVariables, type ModelConfig } from '../../src/model/index.js';
import { initialize } from '../../src/model/layers/index.js';
import { randomArray } from './random-array.js';

/**
 * Weights of a model that show every mistake: no variable is left at the zero or one it starts from, so that a batch
 * norm that is forgotten or an attention that is stuck at one half changes the result.
 */
export function randomWeights(config: ModelConfig, seed = 1): Map<string, NdArray<'float32'>> {
  const weights = new Map<string, NdArray<'float32'>>();
  let index = 0;
  for (const [name, { variable, initializer }] of declareVariables(config)) {
    const { shape } = variable.attributes;
    const start = initialize(initializer, shape, seed, name);
    const noise = randomArray(start.length, seed + ++index);
    const data = start.map((value, i) =>
      name.endsWith('running_var') ? value + 0.5 * noise[i]! : value + 0.2 * noise[i]!,
    );
    weights.set(name, float32(data, shape));
  }
  return weights;
}
