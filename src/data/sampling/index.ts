export { type Centroid, type TileSize, tileCentroids } from './centroids.js';
export { buildClassIndex, type ClassIndex, classesWithoutPlaces } from './class-index.js';
export { type EpochOptions, type PlannedSample, planEpoch, type SamplingMode } from './epoch-plan.js';
