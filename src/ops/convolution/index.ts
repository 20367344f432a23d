export { conv2d, convTranspose2d, isConv2d, isConvTranspose2d } from './convolution.js';
export type { ConvolutionOptions } from './geometry.js';
