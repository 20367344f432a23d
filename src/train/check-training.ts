import { HmsaError } from '../errors/index.js';
import { scaled } from '../graph/index.js';
import type { ModelConfig } from '../models/index.js';
import { checkConfig, type TrainConfig } from './config.js';

/** Pixels of a batch at the largest scale: 64 images of 2048×1024. Far more than memory holds the activations of. */
const MOST_PIXELS = 2 ** 27;

/**
 * What a configuration asks for and no model can do.
 *
 * @throws HmsaError that names the key
 */
export function checkTraining(model: ModelConfig, config: TrainConfig): void {
  const { crop, phases, classWeights, batch } = checkConfig(config, 'config');
  const stride = model.trunk.outputStride;
  const smallest = Math.min(...model.scales);
  const least = Math.ceil(stride / smallest);
  if (Math.min(...crop) < least) {
    throw new HmsaError({
      operation: 'config, crop',
      expected: `sides of at least ${least}: one stride of the trunk, ${stride}, at scale ${smallest}`,
      received: `[${crop.join(', ')}]`,
      remedy: 'Enlarge the crop, or leave out the small scales.',
    });
  }
  const largest = Math.max(...model.scales);
  const pixels = batch * crop[0] * crop[1] * largest ** 2;
  if (pixels > MOST_PIXELS) {
    throw new HmsaError({
      operation: 'config, batch and crop',
      expected: `at most ${MOST_PIXELS} pixels in a batch at the largest scale`,
      received: `${Math.round(pixels)}: ${batch} of ${crop.join('×')} at scale ${largest}`,
      remedy: 'Lower batch, or crop; accumulate makes a larger batch in the memory of a smaller one.',
    });
  }
  if (model.scales.length < 2 && phases.some(({ kind }) => kind === 'attention')) {
    throw new HmsaError({
      operation: 'config, phases',
      expected: 'two scales or more for the phase attention, which weighs one against another',
      received: `scales [${model.scales.join(', ')}]`,
      remedy: 'Add a scale to model.scales, or leave the phase out.',
    });
  }
  if (classWeights !== 'equal' && classWeights.length !== model.classes) {
    throw new HmsaError({
      operation: 'config, classWeights',
      expected: `${model.classes} weights, one for each class of the data`,
      received: String(classWeights.length),
      remedy: 'Give as many as there are classes, or "equal".',
    });
  }
}

/** What a configuration asks for and is likely not meant; a line each. */
export function doubtsAbout(model: ModelConfig, config: TrainConfig): string[] {
  return [...wideRates(model, config), ...idleRecomputation(model, config)];
}

function wideRates({ head, trunk, scales }: ModelConfig, { crop }: TrainConfig): string[] {
  const side = (scale: number) =>
    Math.min(...crop.map((pixels) => Math.ceil((scaled(pixels, scale) as number) / trunk.outputStride)));
  const scale = Math.min(...scales);
  // At a rate of the map's side and above, all but the middle of a 3×3 kernel lies in the padding.
  const wide = head.asppRates.filter((rate) => rate >= side(scale));
  if (wide.length === 0) return [];
  return [
    `ASPP rates ${wide.join(', ')} reach past the features of a ${crop.join('×')} crop at scale ${scale}, whose smaller ` +
      `side is ${side(scale)}: keep model.head.asppRates within a third of it`,
  ];
}

function idleRecomputation({ scales }: ModelConfig, { recompute, phases }: TrainConfig): string[] {
  const isUsed = scales.length > 1 && phases.some(({ kind }) => kind === 'refinement' || kind === 'joint');
  if (recompute === 'none' || isUsed) return [];
  return [
    'recompute "scales" saves nothing here: it is for the phases refinement and joint, with two scales or more',
  ];
}
