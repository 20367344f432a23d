import type { NdArray, OwnBytes } from '../base/arrays.js';
import { checkArgument, HmsaError, isObject } from '../base/errors/index.js';
import { type Dim, input, symbol, type Tensor } from '../engine/graph/index.js';
import {
  add,
  argmax,
  cast,
  max,
  mul,
  multiplyAdds,
  reshape,
  resizeBilinear,
  softmax,
  sum,
} from '../engine/ops/index.js';
import { simplify } from '../engine/passes/index.js';
import {
  type Combination,
  type ModelConfig,
  normalizePixels,
  type ScalePrediction,
  type SegmentationOutput,
  segmentation,
} from '../model/index.js';
import { Builder } from '../model/layers/index.js';
import { type Computed, compileModel } from './compile-model.js';

export interface InferenceOptions extends ResultOptions {
  readonly scales: readonly number[];
  readonly combine: Combination;
  /** Height and width, for a graph of one size; default: a graph for any size. */
  readonly size?: readonly [number, number];
  /** How many images of one size are computed at once; default 1. */
  readonly batch?: number;
}

/** What a graph returns. */
export interface ResultOptions {
  /** Whether to return the labels; default true. */
  readonly labels?: boolean;
  /** Whether to return each scale's attention and labels as well. */
  readonly details?: boolean;
  /** Whether to return each scale's attention as well. */
  readonly attention?: boolean;
  /** Whether to return the combined class scores as well. */
  readonly logits?: boolean;
  /** Whether to return how sure the model is of each label as well. */
  readonly confidence?: boolean;
  /** Whether to return a number that is 0 if every scale's logits and attention are finite, and NaN if not. */
  readonly check?: boolean;
}

/** What {@link inferenceGraph} computes, and how. */
export interface InferenceGraphOptions extends InferenceOptions, Omit<Computed, 'weights'> {}

/** One way to label an image. */
export interface Way {
  readonly scales: readonly number[];
  readonly combine: Combination;
}

/** The names of the outputs of {@link inferenceGraph}. */
export const outputNames = {
  labels: 'labels',
  labelsOfWay: (index: number) => `labels#${index}`,
  logits: 'logits',
  confidence: 'confidence',
  check: 'check',
  attention: (scale: number) => `attention@${scale}`,
  labelsAt: (scale: number) => `labels@${scale}`,
} as const;

/**
 * What a model computes from pixels, by {@link outputNames}.
 *
 * - Input `image`: uint8 [1, H, W, 3]; with `batch`, that many images, of which all outputs but `check` have as many
 * - Output `labels`: uint8 [1, H, W], unless they are left out
 * - With `details`, for each scale S: `labels@S`, uint8 [1, H, W], and, if the scale has a weight, `attention@S`, float32
 *   [1, H, W] in 0 … 1
 * - With `attention`: the `attention@S` of `details` alone
 * - With `logits`: `logits`, float32 [1, classes, H, W], before the softmax; probabilities for `max`
 * - With `confidence`: `confidence`, float32 [1, H, W] in 0 … 1: the softmax of the combined logits, of the class of the label;
 *   for `max` the largest probability of any scale
 * - With `check`: `check`, one float32
 */
export function inferenceOutputs(config: ModelConfig, options: InferenceOptions): Record<string, Tensor> {
  const { scales, combine, size, batch = 1 } = options;
  const builder = new Builder({ inference: true });
  const sides: readonly [Dim, Dim] = size ?? [symbol('H'), symbol('W')];
  const image = input('image', [batch, ...sides, 3], 'uint8');
  const result = segmentation(builder.root, normalizePixels(image, config), config, { scales, combine });
  return resultOutputs(result, sides, options, batch);
}

/** The outputs by {@link outputNames} of a segmentation of the size `sides`. */
export function resultOutputs(
  { logits, predictions }: SegmentationOutput,
  sides: readonly [Dim, Dim],
  options: ResultOptions & { readonly combine: Combination },
  batch = 1,
): Record<string, Tensor> {
  const { combine, details = false, attention: withAttention = details, check = false } = options;
  const { labels: withLabels = true, logits: withLogits = false, confidence = false } = options;
  const outputs: Record<string, Tensor> = {};
  if (withLabels) outputs[outputNames.labels] = labelMap(logits);
  if (withLogits) outputs[outputNames.logits] = logits;
  if (confidence) {
    const probabilities = combine === 'max' ? logits : softmax(logits, 1);
    outputs[outputNames.confidence] = reshape(max(probabilities, [1]), [batch, ...sides]);
  }
  if (check) outputs[outputNames.check] = finiteness(predictions);
  for (const { scale, logits: own, attention } of predictions) {
    if (details) outputs[outputNames.labelsAt(scale)] = labelMap(resizeBilinear(own, sides));
    if (withAttention && attention !== undefined) {
      outputs[outputNames.attention(scale)] = reshape(resizeBilinear(attention, sides), [batch, ...sides]);
    }
  }
  return outputs;
}

/** The outputs of a model as one ONNX file with constant weights and folded batch norm. */
export function inferenceGraph(
  config: ModelConfig,
  weights: ReadonlyMap<string, NdArray<'float32'>>,
  options: InferenceGraphOptions,
): OwnBytes {
  checkArgument(isObject(options), 'inferenceGraph', 'options with scales and combine', options);
  checkArgument(weights instanceof Map, 'inferenceGraph', 'a Map of weights by name', weights);
  const { quantization, weightType, precision, channelBlocks } = options;
  const computed = {
    weights,
    ...(quantization && { quantization }),
    ...(weightType && { weightType }),
    ...(precision && { precision }),
    ...(channelBlocks && { channelBlocks }),
  };
  return compileModel(computed, inferenceOutputs(config, options));
}

/**
 * A graph that labels in several ways at once: `labels#0`, `labels#1`, …, in the order of the ways, and `check`. What two ways
 * have in common is computed once, so each scale is.
 */
export function waysGraph(config: ModelConfig, computed: Computed, ways: readonly Way[]): OwnBytes {
  const { root } = new Builder({ inference: true });
  const image = input('image', [1, symbol('H'), symbol('W'), 3], 'uint8');
  const pixels = normalizePixels(image, config);
  const results = ways.map((way) => segmentation(root, pixels, config, way));
  const outputs = {
    ...Object.fromEntries(results.map(({ logits }, i) => [outputNames.labelsOfWay(i), labelMap(logits)])),
    [outputNames.check]: finiteness(results.flatMap(({ predictions }) => predictions)),
  };
  return compileModel(computed, outputs);
}

/** The multiply-adds with which a model labels one image of a size in one way; see {@link multiplyAdds}. */
export function inferenceWork(config: ModelConfig, way: Way, size: readonly [number, number]): number {
  const { outputs } = simplify({ outputs: inferenceOutputs(config, { ...way, size }), constants: new Map() });
  return multiplyAdds(Object.values<Tensor>(outputs));
}

/**
 * The sum of 0 · x is 0, or NaN if an x is NaN or infinite. It is taken of the outputs of heads and attention, before they
 * are resized to the image: they have a sixteenth of the pixels, and every later value that is not finite comes from them.
 */
function finiteness(predictions: readonly ScalePrediction[]): Tensor {
  return predictions
    .flatMap(({ output: { logits }, weight }) => (weight === undefined ? [logits] : [logits, weight]))
    .map((tensor) => sum(mul(tensor, 0)))
    .reduce((total, each) => add(total, each));
}

/** The class of the largest score, uint8 [N, H, W]. */
function labelMap(logits: Tensor): Tensor {
  return cast(argmax(logits, 1), 'uint8');
}

/** The results of a graph. @throws HmsaError when its output `check` is not 0 */
export function checkFinite<Results extends Readonly<Record<string, NdArray>>>(results: Results): Results {
  if (results[outputNames.check]?.data[0] === 0) return results;
  throw new HmsaError({
    operation: 'segment',
    expected: 'finite output of the network',
    received: 'NaN or infinity',
    remedy:
      'The weights of the model are damaged, or its training diverged. Get the model again, or train it again.',
  });
}
