export { logSoftmax, softmax } from './softmax.js';
