import { float32, type NdArray, uint8 } from '../base/arrays.js';
import type { Size } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import type { Choice } from './choice.js';
import { outputNames } from './inference-graph.js';
import type { Segmentation } from './segmentation.js';

/** The results of a graph, by `outputNames`, as a segmentation. */
export function segmentationOf(results: NamedArrays, { width, height }: Size, choice: Choice): Segmentation {
  const { scales, details, confidence, attention, logits, adaptive } = choice;
  const bytes = (name: string) => results[name]!.data as Uint8Array;
  const floats = (name: string) => results[name]?.data as Float32Array | undefined;
  const weights = scales.map((scale) => [scale, floats(outputNames.attention(scale))] as const);
  return {
    width,
    height,
    labels: bytes(outputNames.labels),
    seen: { width, height },
    ...(adaptive && { work: 1 }),
    ...(confidence && { confidence: floats(outputNames.confidence)! }),
    ...(attention && {
      attention: new Map(weights.flatMap(([scale, own]) => (own ? [[scale, own]] : []))),
    }),
    ...(logits && { logits: floats(outputNames.logits)! }),
    ...(details && {
      scales: weights.map(([scale, own]) => ({
        scale,
        labels: bytes(outputNames.labelsAt(scale)),
        ...(own && { attention: own }),
      })),
    }),
  };
}

/** A segmentation as the results of a graph, but for its logits. */
export function resultsOf({
  width,
  height,
  labels,
  confidence,
  attention,
  scales,
}: Segmentation): NamedArrays {
  const shape = [1, height, width];
  const results: Record<string, NdArray> = { [outputNames.labels]: uint8(labels, shape) };
  if (confidence) results[outputNames.confidence] = float32(confidence, shape);
  for (const [scale, map] of attention ?? []) results[outputNames.attention(scale)] = float32(map, shape);
  for (const { scale, labels: own, attention: weight } of scales ?? []) {
    results[outputNames.labelsAt(scale)] = uint8(own, shape);
    if (weight) results[outputNames.attention(scale)] = float32(weight, shape);
  }
  return results;
}
