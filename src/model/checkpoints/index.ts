export { readWeights } from './read-weights.js';
export type { ReadWeightsOptions, StoredTensor, WeightFile, WeightFormat } from './weight-file.js';
