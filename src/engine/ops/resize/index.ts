export { resizeBilinear, resizeLike } from './resize.js';
