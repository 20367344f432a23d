export { decodeModel, encodeModel, type Model } from './model-file.js';
