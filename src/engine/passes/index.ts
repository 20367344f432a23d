export { convolveBeforeResize } from './convolve-before-resize.js';
export { foldBatchNorm } from './fold-batch-norm.js';
export { halve } from './halve.js';
export { joinAfterDepthwise } from './join-after-depthwise.js';
export { mergeCommon } from './merge-common.js';
export {
  type Quantizable,
  type QuantizationPlan,
  type QuantizePassOptions,
  quantizable,
  quantize,
  type Range,
} from './quantize.js';
export { dequantizeWeight, type QuantizedWeight, quantizeWeight } from './quantize-weight.js';
export { resizeChannelsLast } from './resize-channels-last.js';
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
