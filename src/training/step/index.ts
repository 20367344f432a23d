export { gradientStep, gradientSum, updateStep } from './accumulation.js';
export { type Diagnosis, diagnosis } from './diagnosis.js';
export type { ForwardPass } from './forward-pass.js';
export { gradientsOf, type TrainingStep } from './step-graph.js';
export { trainingStep, type UpdateRule } from './training-step.js';
export { frozenValues, initialState, stepSession } from './values.js';
