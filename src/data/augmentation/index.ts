export { type AugmentKey, augment, neededRegion } from './augment.js';
export { type AugmentConfig, type AugmentPreset, augmentPresets, checkAugmentConfig } from './config.js';
export type { Buffers } from './picture.js';
export { neededSpan, resampleImage, resamplingAxis, resizeImage } from './resample.js';
export type { Center } from './window.js';
