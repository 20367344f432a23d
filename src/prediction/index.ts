export type { Precision } from './compile-model.js';
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
export { neededMemory } from './memory.js';
export { enlargedTo, resized, seenSize } from './reduction.js';
export { reducedForNetwork } from './reduction.js';
export type { MaxSide, ScaleSegmentation, Segmentation, SegmentOptions } from './segmentation.js';
export { checkSegmenter, checkSegmenterOptions, Segmenter, type SegmenterOptions } from './segmenter.js';
