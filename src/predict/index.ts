export { type InferenceOptions, inferenceGraph, outputNames } from './inference-graph.js';
export {
  type RgbPixels,
  type ScaleSegmentation,
  type Segmentation,
  Segmenter,
  type SegmentOptions,
} from './segmenter.js';
