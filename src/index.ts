/** The browser-safe public API of `hmsa`. */
export * from './arrays/index.js';
export {
  type AugmentConfig,
  type AugmentKey,
  type AugmentPreset,
  augment,
  augmentPresets,
} from './augment/index.js';
export * from './autodiff/index.js';
export * from './data/index.js';
export { type ErrorParts, HmsaError } from './errors/index.js';
export * from './evaluate/index.js';
export * from './graph/index.js';
export * from './interpret/index.js';
export * from './losses/index.js';
export * from './model-file/index.js';
export * from './models/index.js';
export * from './nn/index.js';
export * from './onnx/index.js';
export * as ops from './ops/index.js';
export * from './optim/index.js';
export * from './predict/index.js';
export * from './random/index.js';
export * from './runtime/index.js';
export * from './train/index.js';
export * from './weights/index.js';
