export type { Attention, ScaleOutput, Weighing } from './attention/attention.js';
export { average, hierarchical, maximumProbability, type ScalePrediction, weighted } from './combine.js';
export {
  type AttentionConfig,
  attentions,
  classlessModelSchema,
  formerModel,
  type HeadConfig,
  heads,
  imagenetPixels,
  type ModelConfig,
  modelConfigSchema,
  symmetricPixels,
  type TrunkConfig,
  trunks,
} from './config.js';
export type { Head, HeadOutput } from './heads/head.js';
export type { Part, Registry } from './registry.js';
export {
  COMBINATIONS,
  type Combination,
  type CombinationOptions,
  checkedScales,
  combination,
  declareVariables,
  leastSide,
  network,
  normalizePixels,
  outputAtScale,
  predictAtScale,
  SCALE_RANGE,
  type SegmentationOutput,
  segmentation,
  smallSideRemedy,
  weighing,
} from './segmentation.js';
export type { Feature, Trunk } from './trunks/trunk.js';
