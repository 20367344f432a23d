export { contiguousBlocks } from './blocks.js';
export type { Estimate } from './bootstrap.js';
export {
  type CompareOptions,
  type Contender,
  compareModels,
  type TrainingFacts,
  type Work,
} from './compare.js';
export { type Comparison, type ComparisonRow, type Gain, headlineRows } from './summary.js';
export { type ComparedWay, comparedWays, usualScales } from './ways.js';
