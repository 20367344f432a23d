export { type Imported, type ImportOptions, importModel, WeightMismatch } from './import-model.js';
export { asFloat32, type Match, type Mismatch, match, type NamedShape } from './match.js';
export { type PublishedWeights, publishedWeights } from './published-weights.js';
export { type Recognition, recognitions } from './recognize.js';
