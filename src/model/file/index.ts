export {
  ADAPTIVE_VERSION,
  type Adaptive,
  type AdaptivePoint,
  type AdaptiveWay,
  type Gate,
} from './adaptive.js';
export { decodeModel, encodeModel, type Model } from './model-file.js';
