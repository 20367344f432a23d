export { convolveBeforeResize } from './convolve-before-resize.js';
export { foldBatchNorm } from './fold-batch-norm.js';
export { mergeCommon } from './merge-common.js';
export { resizeInBlocks } from './resize-in-blocks.js';
export { dropStopGradients, dropUnused, simplify } from './simplify.js';
export {
  neededStretch,
  type Stretch,
  stretchOf,
  type Window,
  windowPositions,
  withWindows,
} from './with-windows.js';
