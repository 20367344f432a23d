import { imagenetPixels, type ModelConfig } from '../../src/model/index.js';

const base = {
  classes: 5,
  trunk: { name: 'mobilenetv2', width: 0.25, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2], channels: 16, lowLevelChannels: 8, separable: false },
  attention: { name: 'transposed', depthwise: false },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
} satisfies ModelConfig;

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
};
