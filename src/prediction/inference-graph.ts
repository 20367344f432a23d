import type { NdArray, OwnBytes } from '../base/arrays/index.js';
import { checkArgument, isObject } from '../base/errors/index.js';
import { type Dim, input, symbol, type Tensor } from '../engine/graph/index.js';
import { compile } from '../engine/onnx/index.js';
import { add, argmax, cast, mul, reshape, resizeBilinear, sum } from '../engine/ops/index.js';
import {
  type Combination,
  type ModelConfig,
  normalizePixels,
  type ScalePrediction,
  segmentation,
} from '../model/index.js';
import { Builder } from '../model/layers/index.js';

export interface InferenceOptions {
  readonly scales: readonly number[];
  readonly combine: Combination;
  /** Height and width, where the graph is made for one size; any size where left out. */
  readonly size?: readonly [number, number];
  /** Emit each scale's attention and its own labels too. */
  readonly details?: boolean;
  /** Emit what the labels are the largest of too. */
  readonly logits?: boolean;
  /** Emit a number that is 0 where every scale's logits and attention are finite, and NaN where they are not. */
  readonly check?: boolean;
}

/** What {@link inferenceGraph} calls its outputs. */
export const outputNames = {
  labels: 'labels',
  logits: 'logits',
  check: 'check',
  attention: (scale: number) => `attention@${scale}`,
  labelsAt: (scale: number) => `labels@${scale}`,
} as const;

/**
 * The whole way from pixels to labels as one ONNX file: batch norm folded, weights constant.
 *
 * Input `image`, uint8 [1, H, W, 3]; output `labels`, uint8 [1, H, W]. With details also, for each scale, its own
 * labels `labels@S` and (but for the highest) its attention `attention@S`, float32 [1, H, W] in 0 … 1. On request also
 * `logits`, float32 [1, classes, H, W]: before the softmax, but for `max`, which combines probabilities; and `check`,
 * one float32.
 */
export function inferenceGraph(
  config: ModelConfig,
  weights: ReadonlyMap<string, NdArray>,
  options: InferenceOptions,
): OwnBytes {
  checkArgument(isObject(options), 'inferenceGraph', 'options with scales and combine', options);
  checkArgument(weights instanceof Map, 'inferenceGraph', 'a Map of weights by name', weights);
  const { scales, combine, size, details = false, logits: withLogits = false, check = false } = options;
  const builder = new Builder({ inference: true });
  const sides: readonly [Dim, Dim] = size ?? [symbol('H'), symbol('W')];
  const image = input('image', [1, ...sides, 3], 'uint8');
  const { logits, predictions } = segmentation(builder.root, normalizePixels(image, config), config, {
    scales,
    combine,
  });
  const outputs: Record<string, Tensor> = { [outputNames.labels]: labelMap(logits) };
  if (withLogits) outputs[outputNames.logits] = logits;
  if (check) outputs[outputNames.check] = finiteness(predictions);
  if (details) {
    for (const { scale, logits: own, attention } of predictions) {
      outputs[outputNames.labelsAt(scale)] = labelMap(resizeBilinear(own, sides));
      if (attention !== undefined) {
        outputs[outputNames.attention(scale)] = reshape(resizeBilinear(attention, sides), [1, ...sides]);
      }
    }
  }
  return compile({ outputs, constants: weights });
}

/**
 * 0 · x summed up is 0, or NaN where one x is NaN or infinite. Taken of what the heads give, before it is resized to the
 * image: a sixteenth of the pixels, and whatever is not finite later comes from there.
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
