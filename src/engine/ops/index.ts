export { relu, relu6 } from './activations.js';
export { add, addAll, div, mul, neg, type Operand, sub } from './arithmetic.js';
export { cast, isStopGradient, stopGradient } from './conversion.js';
export {
  type ConvolutionOptions,
  conv2d,
  convTranspose2d,
  isConv2d,
  isConvTranspose2d,
} from './convolution/index.js';
export { abs, clip, exp, inverseSqrt, log, maximum, minimum, sigmoid, sqrt, square } from './functions.js';
export { heaviside } from './heaviside.js';
export { argmax, gatherClass, notIgnored, oneHot } from './labels/index.js';
export { expand, reshape, transpose } from './layout.js';
export { matmul } from './matmul.js';
export { multiplyAdds } from './multiply-adds.js';
export {
  type BatchNormTraining,
  batchNormInference,
  batchNormTraining,
  isBatchNormInference,
} from './normalization/index.js';
export { padEdges } from './pad-edges.js';
export { averagePool2d, globalAveragePool, maxPool2d, type PoolingOptions } from './pooling/index.js';
export { randomUniform } from './random.js';
export { max, mean, type ReduceOptions, sum, sumOfSquares } from './reductions.js';
export { type ResizeOptions, resizeBilinear, resizeLike } from './resize/index.js';
export { finite, where } from './selection.js';
export { concat, type Padding, pad, slice } from './slicing.js';
export { logSoftmax, softmax } from './softmax/index.js';
