export { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
export { pixelAccuracy } from './pixel-accuracy.js';
