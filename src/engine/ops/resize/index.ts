export { type ResizeOptions, resizeBilinear, resizeLike } from './resize.js';
