/** The browser-safe public API of `hmsa`. */
export * from './base/arrays/index.js';
export { type ErrorParts, HmsaError } from './base/errors/index.js';
export type { Pixels } from './base/pixels/index.js';
export * from './base/random/index.js';
export { openFolder, type Source } from './data/assessment/index.js';
export {
  type AugmentConfig,
  type AugmentKey,
  type AugmentPreset,
  augment,
  augmentPresets,
} from './data/augmentation/index.js';
export type {
  Entry,
  Fault,
  Files,
  Folder,
  Photo,
  PixelOptions,
  Status,
  TextOptions,
} from './data/files/index.js';
export * from './data/index.js';
export { type FileDatasetParts, FolderDataset, type OpenOptions } from './data/pairs/index.js';
export * from './engine/autodiff/index.js';
export * from './engine/graph/index.js';
export * from './engine/interpret/index.js';
export * from './engine/onnx/index.js';
export * as ops from './engine/ops/index.js';
export * from './engine/passes/index.js';
export * from './engine/runtime/index.js';
export * from './evaluation/index.js';
export * from './model/file/index.js';
export * from './model/index.js';
export * from './model/layers/index.js';
export * from './model/weights/index.js';
export * from './prediction/index.js';
export * from './scenes/index.js';
export * from './training/index.js';
export * from './training/losses/index.js';
export * from './training/optimizers/index.js';
export * from './training/run/index.js';
