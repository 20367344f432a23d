import { checkArgument, HmsaError, isObject, shown } from '../base/errors/index.js';
import { constant, type Dim, expectRank, input, scaled, type Tensor } from '../engine/graph/index.js';
import { cast, div, resizeBilinear, resizeLike, sub, transpose } from '../engine/ops/index.js';
import type { ScaleOutput, Weighing } from './attention/attention.js';
import { average, hierarchical, maximumProbability, type ScalePrediction, weighted } from './combine.js';
import { attentions, heads, type ModelConfig, trunks } from './config.js';
import { Builder, checkScope, type Declared, type Scope } from './layers/index.js';

/** The rules that combine the predictions of several scales. `hierarchical` uses the attention; the others do not. */
export const COMBINATIONS = ['hierarchical', 'average', 'max', 'single'] as const;
export type Combination = (typeof COMBINATIONS)[number];

export interface SegmentationOutput {
  /** [N, classes, H, W] at the image's own size. For `max` these are probabilities, not logits. */
  readonly logits: Tensor;
  /** The same for the heads' second classifiers, if they have them. */
  readonly auxiliary?: Tensor;
  /** Each scale's own prediction, highest first. */
  readonly predictions: readonly ScalePrediction[];
}

/** Normalises a uint8 image [N, H, W, 3] to float32 [N, 3, H, W]. */
export function normalizePixels(image: Tensor, config: Pick<ModelConfig, 'mean' | 'deviation'>): Tensor {
  checkArgument(isObject(config), 'normalizePixels', 'a configuration with mean and deviation', config);
  const { mean, deviation } = config;
  const pixels = cast(transpose(image, [0, 3, 1, 2]), 'float32');
  return div(sub(pixels, constant(mean, [1, 3, 1, 1])), constant(deviation, [1, 3, 1, 1]));
}

/**
 * The whole model: the network at every scale, then the attention over all scales, then their combination at the size of the
 * image.
 *
 * At scale s the network gets the image resized to ⌊s · side⌋ (see {@link scaled}). Its logits and attention are resized to
 * that size before they are multiplied.
 *
 * @param image [N, 3, H, W], pixels normalised
 * @param options default: the configuration's scales, and `hierarchical`
 * @throws HmsaError when the scales do not fit the combination or the model's weights
 */
export function segmentation(
  scope: Scope,
  image: Tensor,
  config: ModelConfig,
  options: { readonly scales?: readonly number[]; readonly combine?: Combination } = {},
): SegmentationOutput {
  checkConfig(config);
  checkScope(scope, 'segmentation');
  expectRank('segmentation', 'an image', image, 4);
  const { combine = 'hierarchical' } = options ?? {};
  const scales = checkedScales(config, { scales: options?.scales ?? config.scales, combine });
  const outputs = scales.map((scale) => outputAtScale(scope, image, config, scale));
  return combination(scope, outputs, config, {
    combine,
    size: [image.shape[2]!, image.shape[3]!],
    sizeAt: (scale) => sizeAtScale(image, scale),
  });
}

/** Options of {@link combination}. */
export interface CombinationOptions {
  readonly combine: Combination;
  /** Height and width of the result: those of the image. */
  readonly size: readonly [Dim, Dim];
  /** Height and width of the image at a scale. */
  readonly sizeAt: (scale: number) => readonly [Dim, Dim];
  /** The weights of the scales, if they are known already. Default: the attention computes them. */
  readonly weighed?: Weighing;
}

/**
 * The attention over the outputs of all scales, and their combination: {@link segmentation} without the networks.
 *
 * @param outputs highest scale first
 */
export function combination(
  scope: Scope,
  outputs: readonly ScaleOutput[],
  config: ModelConfig,
  { combine, size, sizeAt, weighed: known }: CombinationOptions,
): SegmentationOutput {
  const predictions = outputs.map((output) => predictionOf(output, sizeAt(output.scale)));
  if (combine !== 'hierarchical') return combinedBy(combine, predictions, size);
  if (outputs.length === 1) return combinedBy('single', predictions, size);
  const { kind, weights } = known ?? weighing(scope, outputs, config);
  const weighed = predictions.map((prediction) => {
    const weight = weights.get(prediction.scale);
    if (weight === undefined) return prediction;
    return { ...prediction, weight, attention: resizeLike(weight, prediction.logits) };
  });
  return combinedBy(kind === 'adjacent' ? 'hierarchical' : 'weighted', weighed, size);
}

/** How the model's attention weighs the outputs of the scales, highest scale first. */
export function weighing(scope: Scope, outputs: readonly ScaleOutput[], config: ModelConfig): Weighing {
  const { weigh } = attentions.get(config.attention.name);
  const scopeOf = (scale: number) => networkScope(scope, config, scale).child('attention');
  return weigh(scopeOf, outputs, config.attention);
}

/** @throws HmsaError when parts of a configuration are missing. The full check takes place when a file is read. */
function checkConfig(config: ModelConfig): void {
  checkArgument(isObject(config), 'model', 'a configuration', config);
  for (const part of ['trunk', 'head', 'attention'] as const) {
    checkArgument(isObject(config[part]), `model, ${part}`, 'a configuration', config[part]);
  }
  checkArgument(Array.isArray(config.scales), 'model, scales', 'a list of numbers', config.scales);
}

/** Trunk and head at one scale, with the logits resized to scale × the image. */
export function predictAtScale(
  scope: Scope,
  image: Tensor,
  config: ModelConfig,
  scale: number,
): ScalePrediction {
  checkConfig(config);
  checkScope(scope, 'predictAtScale');
  expectRank('predictAtScale', 'an image', image, 4);
  return predictionOf(outputAtScale(scope, image, config, scale), sizeAtScale(image, scale));
}

/**
 * Trunk and head at one scale, for an image [N, 3, H, W], pixels normalised.
 *
 * @param size to which the image is resized; default scale × the image
 */
export function outputAtScale(
  scope: Scope,
  image: Tensor,
  config: ModelConfig,
  scale: number,
  size: readonly [Dim, Dim] = sizeAtScale(image, scale),
): ScaleOutput {
  return network(networkScope(scope, config, scale), resizeBilinear(image, size), config, scale);
}

/** Trunk and head at one scale, for an image [N, 3, h, w] that has been resized to it, pixels normalised. */
export function network(scope: Scope, image: Tensor, config: ModelConfig, scale: number): ScaleOutput {
  const features = trunks.get(config.trunk.name).build(scope.child('trunk'), image, config.trunk);
  const head = heads.get(config.head.name);
  return { scale, ...head.build(scope.child('head'), features, config.classes, config.head) };
}

function sizeAtScale({ shape }: Tensor, scale: number): readonly [Dim, Dim] {
  return [scaled(shape[2]!, scale), scaled(shape[3]!, scale)];
}

/** The output of one scale with its logits resized to a size. */
function predictionOf(output: ScaleOutput, size: readonly [Dim, Dim]): ScalePrediction {
  const { scale, logits, auxiliary, alignCorners = false } = output;
  return {
    scale,
    output,
    logits: resizeBilinear(logits, size, { alignCorners }),
    ...(auxiliary === undefined ? {} : { auxiliary: resizeBilinear(auxiliary, size, { alignCorners }) }),
  };
}

/** The scope of the variables of the network for a scale. */
function networkScope(scope: Scope, { weights }: ModelConfig, scale: number): Scope {
  return weights === 'shared' ? scope : scope.child(`scale${scale}`);
}

function combinedBy(
  rule: Combination | 'weighted',
  predictions: readonly ScalePrediction[],
  size: readonly [Dim, Dim],
): SegmentationOutput {
  const combine = (parts: readonly ScalePrediction[]): Tensor => {
    switch (rule) {
      case 'hierarchical':
        return hierarchical(parts);
      case 'weighted':
        return weighted(parts, size);
      case 'average':
      case 'single':
        return average(parts, size);
      case 'max':
        return maximumProbability(parts, size);
    }
  };
  const second = predictions.flatMap(({ auxiliary, ...rest }) =>
    auxiliary === undefined ? [] : [{ ...rest, logits: auxiliary }],
  );
  return {
    logits: combine(predictions),
    ...(second.length === predictions.length ? { auxiliary: combine(second) } : {}),
    predictions,
  };
}

/** Below it, next to nothing is left of an image. */
const LOWEST_SCALE = 1 / 64;
const HIGHEST_SCALE = 16;
/** In words. */
export const SCALE_RANGE = `from 1/64 to ${HIGHEST_SCALE}`;
const MOST_SCALES = 16;

/** The scales, sorted from high to low. @throws HmsaError when they do not fit the model or the combination */
export function checkedScales(
  { weights, scales: trained, attention }: ModelConfig,
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
  if (!Array.isArray(scales)) checkArgument(false, 'scales', `a list of numbers ${SCALE_RANGE}`, scales);
  const isScale = (scale: unknown) =>
    typeof scale === 'number' && scale >= LOWEST_SCALE && scale <= HIGHEST_SCALE;
  if (scales.length === 0 || scales.length > MOST_SCALES || !scales.every(isScale)) {
    const expected = `1 to ${MOST_SCALES} numbers ${SCALE_RANGE}`;
    refuse(expected, 'Give scales such as 0.5, 1 and 2.');
  }
  if (new Set(scales).size !== scales.length) refuse('each scale once', 'Remove the repeated scale.');
  if (combine === 'single' && scales.length !== 1)
    refuse('exactly one scale for "single"', 'Give one scale.');
  const isOwnScale = trained.length === 1 && scales.length === 1 && trained[0] === scales[0];
  if (combine === 'hierarchical' && !scales.includes(1) && !isOwnScale) {
    refuse('1 among the scales of the hierarchical combination', 'Add 1, or combine by "average".');
  }
  if (weights === 'perScale' && !scales.every((scale) => trained.includes(scale))) {
    refuse(
      `some of the trained scales ${trained.join(', ')}`,
      'A model with one network per scale has no others.',
    );
  }
  if (combine === 'hierarchical') {
    attentions.get(attention.name).check?.(scales, trained, attention);
  }
  return [...scales].sort((a, b) => b - a);
}

/**
 * The smallest side of an image, in pixels, that a model can use at all of these scales. Below it, the trunk's deepest
 * features are a single cell at the lowest scale, and most of what that cell reads is padding.
 */
export function leastSide({ trunk }: Pick<ModelConfig, 'trunk'>, scales: readonly number[]): number {
  return Math.ceil(trunks.get(trunk.name).smallestSide(trunk) / Math.min(...scales));
}

/**
 * What helps where a side is below {@link leastSide}: fewer scales only if the others, of which the hierarchy needs 1, can see it.
 *
 * @param remedy without a full stop, such as `Enlarge it`
 */
export function smallSideRemedy(
  remedy: string,
  model: Pick<ModelConfig, 'trunk'>,
  scales: readonly number[],
  side: number,
): string {
  const kept = scales.includes(1) ? scales.filter((scale) => scale >= 1) : [Math.max(...scales)];
  return side >= leastSide(model, kept) ? `${remedy}, or leave out the small scales.` : `${remedy}.`;
}

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
