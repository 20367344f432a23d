export {
  Builder,
  type BuildOptions,
  checkScope,
  type Declared,
  type ImageAveraging,
  type RandomSource,
  type Scope,
  type Statistics,
} from './builder.js';
export { flat, imageAverage, wholeAverage } from './image-average.js';
export { type Initializer, initialize, ones, zeros } from './initializers.js';
export {
  type Activation,
  activate,
  batchNorm,
  type ConvolutionLayer,
  convolution,
  convolutionNormActivation,
  dropout,
  NORM_EPSILON,
  transposedConvolution,
} from './layers.js';
