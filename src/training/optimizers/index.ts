export { type AdamOptions, adam, adamW } from './adam.js';
export { averageOf, averageUpdates } from './average.js';
export { clipFactor, globalNorm } from './clipping.js';
export { noDecayOfVectors, type ParameterGroup } from './groups.js';
export {
  type BoundOptimizer,
  type Optimizer,
  optimizerState,
  type ParameterStep,
  type ParameterUpdate,
  type VariableUpdate,
} from './optimizer.js';
export {
  type Extent,
  learningRate,
  type Schedule,
  scheduleSchema,
  type WarmUp,
} from './schedule.js';
export { type SgdOptions, sgd } from './sgd.js';
export { type UpdateOptions, updates } from './update.js';
