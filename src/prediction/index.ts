export { AdaptiveStudy, type AdaptiveTruth, type AdaptiveTry, pointFor } from './adaptive/index.js';
export { type Precision, precisions } from './compile-model.js';
export {
  type ExportedOutputs,
  exportedOutputs,
  exportOnnx,
  type OnnxExportOptions,
} from './export-onnx.js';
export {
  type InferenceGraphOptions,
  type InferenceOptions,
  inferenceGraph,
  inferenceWork,
  outputNames,
  type Way,
} from './inference-graph.js';
export type { LabelRows, LabelSink } from './label-rows.js';
export { neededMemory } from './memory.js';
export type { PlannedTiles } from './plan-tiles.js';
export { enlargedLabels, enlargedTo, reducedForNetwork, resized, seenSize } from './reduction.js';
export type { Region } from './region.js';
export type { ImagePart } from './scale-feeds.js';
export type { TileCount, TileProgress } from './segment-tiles.js';
export type { MaxSide, ScaleSegmentation, Segmentation, SegmentOptions } from './segmentation.js';
export { checkSegmenter, type ImageOptions, type RowOptions, Segmenter } from './segmenter.js';
export { checkSegmenterOptions, type SegmenterOptions } from './segmenter-options.js';
export type { TileSource } from './tile-source.js';
