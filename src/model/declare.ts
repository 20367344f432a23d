import { input } from '../engine/graph/index.js';
import { attentions, type ModelConfig } from './config.js';
import { Builder, type Declared } from './layers/index.js';
import { checkConfig, segmentation } from './segmentation.js';

/** All variables of a model of this configuration, by name, in the order of the forward pass. */
export function declareVariables(config: ModelConfig): ReadonlyMap<string, Declared> {
  checkConfig(config);
  const builder = new Builder({ inference: true });
  // No variable's shape depends on the size of the image. Free sides would work too, but numbers reveal errors earlier.
  const image = input('image', [1, 3, 256, 256]);
  // A model of one scale still has an attention, which two scales show, unless it could weigh no others.
  const { ownScalesOnly = false } = attentions.get(config.attention.name);
  const isSingle = config.weights === 'shared' && config.scales.length === 1 && !ownScalesOnly;
  const scales = isSingle ? [1, 0.5] : config.scales;
  // Networks of several scales without attention can only be averaged.
  const combine = config.attention.name === 'none' ? 'average' : 'hierarchical';
  segmentation(builder.root, image, config, { scales, combine });
  return builder.declared;
}
