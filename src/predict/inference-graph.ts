import type { NdArray, OwnBytes } from '../arrays/index.js';
import { type Dim, input, symbol, type Tensor } from '../graph/index.js';
import { type Combination, type ModelConfig, normalizePixels, segmentation } from '../models/index.js';
import { Builder } from '../nn/index.js';
import { foldBatchNorm, lower } from '../onnx/index.js';
import { argmax, cast, reshape, resizeBilinear } from '../ops/index.js';

export interface InferenceOptions {
  readonly scales: readonly number[];
  readonly combine: Combination;
  /** Height and width, where the graph is made for one size; any size where left out. */
  readonly size?: readonly [number, number];
  /** Emit each scale's attention and its own labels too. */
  readonly details?: boolean;
  /** Emit what the labels are the largest of too. */
  readonly logits?: boolean;
}

/** What {@link inferenceGraph} calls its outputs. */
export const outputNames = {
  labels: 'labels',
  logits: 'logits',
  attention: (scale: number) => `attention@${scale}`,
  labelsAt: (scale: number) => `labels@${scale}`,
} as const;

/**
 * The whole way from pixels to labels as one ONNX file: batch norm folded, weights constant.
 *
 * Input `image`, uint8 [1, H, W, 3]; output `labels`, uint8 [1, H, W]. With details also, for each scale, its own
 * labels `labels@S` and (but for the highest) its attention `attention@S`, float32 [1, H, W] in 0 … 1. On request also
 * `logits`, float32 [1, classes, H, W]: before the softmax, but for `max`, which combines probabilities.
 */
export function inferenceGraph(
  config: ModelConfig,
  weights: ReadonlyMap<string, NdArray>,
  { scales, combine, size, details = false, logits: withLogits = false }: InferenceOptions,
): OwnBytes {
  const builder = new Builder({ inference: true });
  const sides: readonly [Dim, Dim] = size ?? [symbol('H'), symbol('W')];
  const image = input('image', [1, ...sides, 3], 'uint8');
  const { logits, predictions } = segmentation(builder.root, normalizePixels(image, config), config, {
    scales,
    combine,
  });
  const outputs: Record<string, Tensor> = { [outputNames.labels]: labelMap(logits) };
  if (withLogits) outputs[outputNames.logits] = logits;
  if (details) {
    for (const { scale, logits: own, attention } of predictions) {
      outputs[outputNames.labelsAt(scale)] = labelMap(resizeBilinear(own, sides));
      if (attention !== undefined) {
        outputs[outputNames.attention(scale)] = reshape(resizeBilinear(attention, sides), [1, ...sides]);
      }
    }
  }
  const folded = foldBatchNorm(outputs, weights);
  return lower({ outputs: folded.outputs, constants: folded.constants });
}

/** The class of the largest score, uint8 [N, H, W]. */
function labelMap(logits: Tensor): Tensor {
  return cast(argmax(logits, 1), 'uint8');
}
