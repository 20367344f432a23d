export { type Diagnosis, diagnosis } from './diagnosis.js';
export { gradientsOf, type TrainingStep, type TrainingStepOptions, trainingStep } from './training-step.js';
export { frozenValues, initialState } from './values.js';
