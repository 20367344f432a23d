export type { Adaptive, AdaptivePoint, AdaptiveWay, Gate } from './adaptive.js';
export { decodeModel, encodeModel, type Model } from './model-file.js';
