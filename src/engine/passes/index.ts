export { dropStopGradients } from './drop-stop-gradients.js';
export { dropUnused } from './drop-unused.js';
export { foldBatchNorm } from './fold-batch-norm.js';
export { mergeCommon } from './merge-common.js';
export { simplify } from './simplify.js';
