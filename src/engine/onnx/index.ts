export { type Folded, foldBatchNorm } from './fold-batch-norm.js';
export { type LowerOptions, lower } from './lower.js';
