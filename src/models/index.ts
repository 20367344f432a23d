export type { AttentionConfig } from './attention/scale-attention.js';
export { average, hierarchical, maximumProbability, type ScalePrediction } from './combine.js';
export {
  type HeadConfig,
  imagenetPixels,
  type ModelConfig,
  symmetricPixels,
  type TrunkConfig,
} from './config.js';
export { classlessModelSchema, modelConfigSchema } from './config-schema.js';
export { declareVariables } from './declare.js';
export { type NetworkOutput, network } from './network.js';
export {
  type Combination,
  checkedScales,
  type NetworkPrediction,
  normalizePixels,
  predictAtScale,
  type SegmentationOutput,
  segmentation,
} from './segmentation.js';
export { type MobileNetV2Config, mobileNetV2 } from './trunks/mobilenetv2.js';
