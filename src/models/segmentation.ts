import { checkArgument, HmsaError, isObject, shown } from '../errors/index.js';
import { constant, type Dim, expectTensor, scaled, type Tensor } from '../graph/index.js';
import type { Scope } from '../nn/index.js';
import { cast, div, resizeBilinear, sub, transpose } from '../ops/index.js';
import { average, hierarchical, maximumProbability, type ScalePrediction } from './combine.js';
import type { ModelConfig } from './config.js';
import { type NetworkOutput, network } from './network.js';

/** How the predictions of several scales become one. */
export type Combination = 'hierarchical' | 'average' | 'max' | 'single';

export interface SegmentationOutput {
  /** [N, classes, H, W] at the image's own size; probabilities instead of logits for `max`. */
  readonly logits: Tensor;
  /** Each scale's own prediction, highest first. */
  readonly predictions: readonly NetworkPrediction[];
}

/** One scale's prediction together with what it was resized from. */
export interface NetworkPrediction extends ScalePrediction {
  readonly output: NetworkOutput;
}

/** A uint8 image [N, H, W, 3] as normalised float32 [N, 3, H, W]. */
export function normalizePixels(
  image: Tensor,
  { mean, deviation }: Pick<ModelConfig, 'mean' | 'deviation'>,
): Tensor {
  const pixels = cast(transpose(image, [0, 3, 1, 2]), 'float32');
  return div(sub(pixels, constant(mean, [1, 3, 1, 1])), constant(deviation, [1, 3, 1, 1]));
}

/**
 * The whole model: the network at every scale, combined at the image's own size.
 *
 * At scale s the network sees the image resized to ⌊s · side⌋ (see {@link scaled}), and its logits and attention are resized to that
 * before anything is multiplied.
 *
 * @param image [N, 3, H, W], pixels normalised; sides may be free
 * @param options the configuration's scales and `hierarchical` where left out
 * @throws HmsaError when the scales do not suit the combination or the model's weights
 */
export function segmentation(
  scope: Scope,
  image: Tensor,
  config: ModelConfig,
  options: { readonly scales?: readonly number[]; readonly combine?: Combination } = {},
): SegmentationOutput {
  checkConfig(config);
  expectTensor('segmentation', image);
  const { combine = 'hierarchical' } = options ?? {};
  const scales = checkedScales(config, { scales: options?.scales ?? config.scales, combine });
  const withAttention = combine === 'hierarchical';
  const predictions = scales.map((scale, i) =>
    predictAtScale(scope, image, config, scale, withAttention && i > 0),
  );
  return { logits: combined(predictions, image, combine), predictions };
}

/** @throws HmsaError when the parts of a configuration are missing; a model file is checked in full where it is read */
export function checkConfig(config: ModelConfig): void {
  checkArgument(isObject(config), 'model', 'a configuration', config);
  for (const part of ['trunk', 'head', 'attention'] as const) {
    checkArgument(isObject(config[part]), `model, ${part}`, 'a configuration', config[part]);
  }
  checkArgument(Array.isArray(config.scales), 'model, scales', 'a list of numbers', config.scales);
}

/** The network at one scale, its results resized to scale × the image. */
export function predictAtScale(
  scope: Scope,
  image: Tensor,
  config: ModelConfig,
  scale: number,
  attention: boolean,
): NetworkPrediction {
  const [height, width] = [scaled(image.shape[2]!, scale), scaled(image.shape[3]!, scale)];
  const size: readonly [Dim, Dim] = [height, width];
  const weights = config.weights === 'shared' ? scope : scope.child(`scale${scale}`);
  const output = network(weights, resizeBilinear(image, size), config, { attention });
  return {
    scale,
    output,
    logits: resizeBilinear(output.logits, size),
    ...(output.attention === undefined ? {} : { attention: resizeBilinear(output.attention, size) }),
  };
}

function combined(predictions: readonly ScalePrediction[], image: Tensor, combine: Combination): Tensor {
  switch (combine) {
    case 'hierarchical':
      return hierarchical(predictions);
    case 'average':
      return average(predictions, image);
    case 'max':
      return maximumProbability(predictions, image);
    case 'single':
      return average(predictions, image);
  }
}

const HIGHEST_SCALE = 16;
const MOST_SCALES = 16;

/** The scales from high to low. @throws HmsaError */
export function checkedScales(
  { weights, scales: trained }: ModelConfig,
  { scales, combine }: { readonly scales: readonly number[]; readonly combine: Combination },
): number[] {
  const refuse = (expected: string, remedy: string): never => {
    throw new HmsaError({
      operation: 'scales',
      expected,
      received: `[${scales.map(shown).join(', ')}]`,
      remedy,
    });
  };
  if (!Array.isArray(scales)) checkArgument(false, 'scales', 'a list of numbers above 0', scales);
  const isScale = (scale: unknown) => typeof scale === 'number' && scale > 0 && scale <= HIGHEST_SCALE;
  if (scales.length === 0 || scales.length > MOST_SCALES || !scales.every(isScale)) {
    const expected = `1 to ${MOST_SCALES} numbers above 0 and up to ${HIGHEST_SCALE}`;
    refuse(expected, 'Give scales such as 0.5, 1 and 2.');
  }
  if (new Set(scales).size !== scales.length) refuse('each scale once', 'Remove the repeated scale.');
  if (combine === 'single' && scales.length !== 1)
    refuse('exactly one scale for "single"', 'Give one scale.');
  if (combine === 'hierarchical' && !scales.includes(1)) {
    refuse('1 among the scales of the hierarchical combination', 'Add 1, or combine by "average".');
  }
  if (weights === 'perScale' && !scales.every((scale) => trained.includes(scale))) {
    refuse(
      `some of the trained scales ${trained.join(', ')}`,
      'A model with one network per scale has no others.',
    );
  }
  return [...scales].sort((a, b) => b - a);
}
