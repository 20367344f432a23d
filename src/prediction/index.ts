export { type InferenceOptions, inferenceGraph, outputNames } from './inference-graph.js';
export type { MaxSide, RgbPixels, ScaleSegmentation, Segmentation, SegmentOptions } from './segmentation.js';
export { checkSegmenterOptions, Segmenter, type SegmenterOptions } from './segmenter.js';
