export { batchNormInference, isBatchNormInference } from './inference.js';
export { type BatchNormTraining, batchNormTraining } from './training.js';
