export { conv2d, convTranspose2d } from './convolution.js';
export type { ConvolutionOptions } from './geometry.js';
