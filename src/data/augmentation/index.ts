export { type AugmentKey, augment, neededRegion } from './augment.js';
export { checkAugmentConfig } from './check.js';
export { type AugmentConfig, type AugmentPreset, augmentPresets } from './config.js';
export type { Buffers } from './picture.js';
export { resizeImage } from './resize.js';
export type { Center } from './window.js';
