export {
  conv2d,
  convTranspose2d,
  isConv2d,
  isConv2dWeightGradient,
  isConvTranspose2d,
} from './convolution.js';
export type { ConvolutionOptions } from './geometry.js';
