export { batchNormInference } from './inference.js';
export { type BatchNormTraining, batchNormTraining } from './training.js';
