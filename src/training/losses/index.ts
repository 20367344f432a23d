export { binaryCrossEntropy } from './binary-cross-entropy.js';
export { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
export { type LossConfig, lossSchema } from './loss-config.js';
export { pixelAccuracy } from './pixel-accuracy.js';
export {
  leastRegionSide,
  type RegionMutualInformationOptions,
  regionMutualInformation,
} from './region-mutual-information.js';
export { scaleChoiceLoss } from './scale-choice.js';
export { type LossOptions, trainingLosses } from './training-losses.js';
