export type { Estimate } from './bootstrap.js';
export { contiguousBlocks } from './bootstrap.js';
export { BOUNDARY_RATIO, BoundaryCounts, trueBoundary } from './boundary.js';
export { type CompareOptions, compareModels, compareOptionsShape } from './compare.js';
export type { Contender, TrainingFacts, Work } from './contender.js';
export { type ComparedWay, canRun, comparedWays, usualScales } from './contender.js';
export {
  type ClassDifferences,
  type Comparison,
  type ComparisonRow,
  type Gain,
  headlineRows,
  type ImageDifference,
  usualWay,
} from './summary.js';
