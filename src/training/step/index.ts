export { type Diagnosis, diagnosis } from './diagnosis.js';
export {
  type ForwardPass,
  frozenValues,
  gradientStep,
  gradientSum,
  gradientsOf,
  initialState,
  stepSession,
  type TrainingStep,
  trainingStep,
  type UpdateRule,
  updateStep,
} from './training-step.js';
