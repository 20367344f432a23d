import { imagenetPixels, type ModelConfig } from '../../src/model/index.js';

const base = {
  classes: 5,
  trunk: { name: 'mobilenetv2', width: 0.25, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2], channels: 16, lowLevelChannels: 8, separable: false },
  attention: { name: 'transposed', depthwise: false },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
} as const satisfies ModelConfig;

/** One small model of every kind, for the contract that all of them keep. */
export const smallModels: Readonly<Record<string, ModelConfig>> = {
  'MobileNetV2, DeepLabV3+ dense, attention by dense transposed convolutions': base,
  'MobileNetV2 at stride 8, DeepLabV3+ separable, the paper’s attention': {
    ...base,
    trunk: { ...base.trunk, outputStride: 8 },
    head: { ...base.head, separable: true },
    attention: { name: 'paper', channels: 12 },
  },
  'one network per scale, depthwise attention': {
    ...base,
    attention: { name: 'transposed', depthwise: true },
    weights: 'perScale',
  },
  'depthwise attention with repeated edges and even phases': {
    ...base,
    attention: { name: 'transposed', depthwise: true, edges: 'replicate', evenPhases: true },
  },
  'HRNetV2 of width 4, OCR, the paper’s attention': {
    ...base,
    trunk: { name: 'hrnetv2', width: 4 },
    head: { name: 'ocr', channels: 12, keyChannels: 8, dropout: 0.05 },
    attention: { name: 'paper', channels: 8 },
  },
  'a plain head, attention from two adjacent scales': {
    ...base,
    head: { name: 'plain', channels: 8 },
    attention: { name: 'adjacent', channels: 8 },
  },
  'a plain head of one 1×1 convolution with corner pixels aligned': {
    ...base,
    head: { name: 'plain', channels: 8, layers: 1, kernel: 1, convolutionBias: true, alignCorners: true },
    attention: { name: 'paper', channels: 8 },
  },
  'MobileNetV2 padded as TensorFlow does it': {
    ...base,
    trunk: { ...base.trunk, padding: 'same' },
  },
  'NVIDIA’s DeepLabV3+, its attention without a bias': {
    ...base,
    head: { name: 'deeplabv3plus-nvidia', asppRates: [1, 2], channels: 12, lowLevelChannels: 8 },
    attention: { name: 'paper', channels: 8, scoreBias: false },
  },
  'attention from two adjacent scales without a bias, OCR': {
    ...base,
    head: { name: 'ocr', channels: 12, keyChannels: 8, dropout: 0.05 },
    attention: { name: 'adjacent', channels: 8, scoreBias: false },
  },
  'OCR with corner pixels aligned, no attention': {
    ...base,
    head: { name: 'ocr', channels: 12, keyChannels: 8, dropout: 0.05, alignCorners: true },
    attention: { name: 'none' },
    scales: [1],
  },
  'explicit attention to three scales': {
    ...base,
    attention: { name: 'explicit', channels: 8 },
    scales: [0.5, 1, 1.5],
  },
  'torchvision’s DeepLabV3 with its auxiliary classifier': {
    ...base,
    head: { name: 'deeplabv3', asppRates: [1, 2], channels: 12, dropout: 0.5, auxiliary: true },
    attention: { name: 'paper', channels: 8 },
  },
  'MobileNetV2 to its last convolution, segmentation_models.pytorch’s DeepLabV3+': {
    ...base,
    trunk: { ...base.trunk, firstDilation: 'own', lastConvolution: true },
    head: {
      name: 'deeplabv3plus-smp',
      asppRates: [1, 2],
      channels: 8,
      lowLevelChannels: 4,
      separable: true,
      dropout: 0.5,
    },
    attention: { name: 'transposed', depthwise: true },
  },
  'ResNet-50 of width 4 at stride 8': {
    ...base,
    trunk: { name: 'resnet50', outputStride: 8, width: 4 },
  },
};

/** The scales to try a model with, as many as a float64 interpreter has time for. */
export function scaleSetsOf(
  { name }: { readonly name: string },
  { attention, weights, scales }: ModelConfig,
) {
  if (/^(ResNet|HRNet|MobileNetV2 to its last|torchvision)/.test(name)) return [[0.5, 1]];
  if (attention.name === 'none') return [[1]];
  if (attention.name === 'explicit') return [scales];
  if (weights !== 'shared') return [[1], [0.5, 1]];
  // All of them for one model; what follows from the number of scales is the same code for the others.
  const isFirst = name === Object.keys(smallModels)[0];
  return isFirst ? [[1], [0.5, 1], [0.5, 1, 2], [0.25, 1, 1.5]] : [[0.25, 1, 1.5]];
}
