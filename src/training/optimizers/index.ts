export { type AdamOptions, adam, adamBetas, adamW } from './adam.js';
export {
  averageOf,
  averageUpdates,
  type BoundOptimizer,
  clipFactor,
  globalNorm,
  noDecayOfVectors,
  type Optimizer,
  optimizerState,
  type ParameterGroup,
  type ParameterStep,
  type ParameterUpdate,
  type UpdateOptions,
  updates,
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
