export { type Diagnosis, diagnosis } from './diagnosis.js';
export { frozenValues, initialState, stepSession } from './step-session.js';
export {
  type ForwardPass,
  gradientStep,
  gradientSum,
  gradientsOf,
  type TrainingStep,
  trainingStep,
  type UpdateRule,
  updateStep,
} from './training-step.js';
