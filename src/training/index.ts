export { estimateStatistics } from './batch-norm-statistics.js';
export { checkTraining, configWarnings } from './check-training.js';
export {
  type Checkpoint,
  checkCheckpoint,
  decodeCheckpoint,
  encodeCheckpoint,
} from './checkpoint.js';
export {
  checkConfig,
  mergeConfig,
  type OftenSet,
  type OptimizerConfig,
  type PhaseConfig,
  type PhaseKind,
  setOften,
  type TrainConfig,
  trainConfigSchema,
} from './config.js';
export type { LossConfig } from './losses/index.js';
export {
  type AttentionStatistics,
  attentionStatistics,
  type PhaseGraph,
  type PhaseGraphOptions,
  phaseGraph,
  randomFeeds,
} from './phase.js';
export { type OpenSession, PhaseRunner, type StepResult, type TrainingValues } from './phase-runner.js';
export {
  type EarlyEnd,
  type PlannedPhase,
  type PlannedStep,
  planPhases,
  stepCost,
} from './plan.js';
export { type PresetName, presetLines, presets } from './presets.js';
export { type SplitPhase, splitFrozen } from './split-frozen.js';
export * from './step/index.js';
export { runTraining, type StepEvent, type TrainingOptions } from './training.js';
export { type Taken, type Transfer, transferFolded, transferModel } from './transfer.js';
export type { OpenScratch, Scratch } from './viewed-batches.js';
export { initialWeights, type Weights, weightsOf } from './weights.js';
