export { binaryCrossEntropy } from './binary-cross-entropy.js';
export { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
export { pixelAccuracy } from './pixel-accuracy.js';
export { type RegionMutualInformationOptions, regionMutualInformation } from './region-mutual-information.js';
export { scaleChoiceLoss } from './scale-choice.js';
