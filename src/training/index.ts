export { checkPosition } from './check-position.js';
export { checkTraining, doubtsAbout } from './check-training.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
export {
  checkConfig,
  type LossConfig,
  type OptimizerConfig,
  type PhaseConfig,
  type TrainConfig,
  trainConfigSchema,
} from './config.js';
export { estimateStatistics } from './estimate-statistics.js';
export { formerConfig } from './former.js';
export { initialWeights, type Weights } from './initial-weights.js';
export { mergeConfig } from './merge-config.js';
export type { PhaseKind } from './phase.js';
export { type PhaseGraph, type PhaseGraphOptions, phaseGraph } from './phase-graph.js';
export { type OpenSession, PhaseRunner, type StepResult, type TrainingValues } from './phase-runner.js';
export { type PlannedPhase, type PlannedStep, planPhases } from './plan.js';
export type { Position } from './position.js';
export { type PresetName, presetLines, presets } from './presets.js';
export { type OftenSet, setOften } from './set-often.js';
export * from './step/index.js';
export { stepCost } from './step-cost.js';
export { requireEnough, type Taken, takenOf, takenTable } from './taken.js';
export { runTraining, type StepEvent, type TrainingHost } from './training.js';
export { type Transfer, transferFolded, transferModel } from './transfer.js';
export { weightsOf } from './weights-of.js';
