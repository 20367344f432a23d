export { add, addAll, div, mul, neg, type Operand, sub } from './arithmetic.js';
export { cast, isStopGradient, stopGradient } from './conversion.js';
export {
  conv2d,
  convTranspose2d,
  isConv2d,
  isConvTranspose2d,
} from './convolution/convolution.js';
export type { ConvolutionOptions } from './convolution/geometry.js';
export {
  abs,
  clip,
  exp,
  heaviside,
  inverseSqrt,
  log,
  maximum,
  minimum,
  relu,
  relu6,
  sigmoid,
  sqrt,
  square,
} from './functions.js';
export { argmax, gatherClass, notIgnored, oneHot } from './labels.js';
export { expand, reshape, transpose } from './layout.js';
export { matmul } from './matmul.js';
export { multiplyAdds } from './multiply-adds.js';
export {
  type BatchNormTraining,
  batchNormInference,
  batchNormTraining,
  isBatchNormInference,
} from './normalization.js';
export { padEdges } from './pad-edges.js';
export { averagePool2d, globalAveragePool, maxPool2d, type PoolingOptions } from './pooling.js';
export {
  type DequantizeOptions,
  dequantizeLinear,
  isDequantizeLinear,
  type Quantization,
  quantizeLinear,
} from './quantization.js';
export { randomUniform } from './random.js';
export { max, mean, type ReduceOptions, sum, sumOfSquares } from './reductions.js';
export { isResize, type ResizeOptions, resizeBilinear, resizeLike } from './resize.js';
export { finite, where } from './selection.js';
export { concat, type Padding, pad, slice } from './slicing.js';
export { logSoftmax, softmax } from './softmax.js';
