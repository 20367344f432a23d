export { type AugmentKey, augment } from './augment.js';
export { checkAugmentConfig } from './check.js';
export { type AugmentConfig, type AugmentPreset, augmentPresets } from './config.js';
export { type Center, PADDING, type Size } from './window.js';
