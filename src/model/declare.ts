import { input } from '../engine/graph/index.js';
import type { ModelConfig } from './config.js';
import { Builder, type Declared } from './layers/index.js';
import { checkConfig, segmentation } from './segmentation.js';

/** Every variable that a model of this configuration has, by name, in the order of the forward pass. */
export function declareVariables(config: ModelConfig): ReadonlyMap<string, Declared> {
  checkConfig(config);
  const builder = new Builder({ inference: true });
  // Any size will do: no variable's shape depends on it. Free sides would do too, but numbers find errors earlier.
  const image = input('image', [1, 3, 256, 256]);
  // A model of one scale still has an attention, which two scales show.
  const isSingle = config.weights === 'shared' && config.scales.length === 1;
  const scales = isSingle ? [1, 0.5] : config.scales;
  segmentation(builder.root, image, config, { scales, combine: 'hierarchical' });
  return builder.declared;
}
