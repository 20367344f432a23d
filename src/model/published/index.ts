export { type Imported, type ImportOptions, importModel, WeightMismatch } from './import-model.js';
export { asFloat32, isOfOtherType, type Match, type Mismatch, match, type NamedShape } from './match.js';
export { otherNetwork } from './other-networks.js';
export { type PublishedWeights, publishedWeights } from './published-weights.js';
export { type InnerTrunk, innerTrunk, type Recognition, recognitions } from './recognize.js';
