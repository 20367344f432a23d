import { imagenetPixels, type ModelConfig } from '../../src/model/index.js';

const common = { classes: 19, weights: 'shared', ...imagenetPixels } as const;
const ocr = { name: 'ocr', channels: 512, keyChannels: 256, dropout: 0.05 } as const;
const hrnet = { name: 'hrnetv2', width: 48 } as const;
const deepLab = {
  trunk: { name: 'resnet50', outputStride: 8, firstDilation: 'own' },
  head: { name: 'deeplabv3plus-nvidia', asppRates: [12, 24, 36], channels: 256, lowLevelChannels: 48 },
} as const;
const own = { attention: { name: 'paper', channels: 256, scoreBias: false }, scales: [0.5, 1] } as const;
const plain = {
  name: 'plain',
  channels: 256,
  classifierBias: false,
  attentionReads: 'trunk',
} as const;
const hrNetHead = { name: 'plain', channels: 720, layers: 1, kernel: 1, convolutionBias: true } as const;
const single = { attention: { name: 'none' }, scales: [1] } as const;

/** The published networks for Cityscapes, by the name of their source. */
export const publishedConfigs: Readonly<Record<string, ModelConfig>> = {
  'nvidia-ocrnet-hrnet': { ...common, trunk: hrnet, head: ocr, ...single },
  'nvidia-ocrnet-hrnet-mscale': { ...common, trunk: hrnet, head: ocr, ...own },
  'nvidia-deepv3-deepv3plusr50': { ...common, ...deepLab, ...single },
  'nvidia-mscale-deepv3r50': { ...common, ...deepLab, ...own },
  'nvidia-mscale2-deepv3r50': {
    ...common,
    ...deepLab,
    ...own,
    attention: { name: 'adjacent', channels: 256, scoreBias: false },
  },
  'nvidia-ocrnet-hrnet-mscale-oldarch': { ...common, trunk: hrnet, head: ocr, ...own },
  'nvidia-mscale-deepv3r50-oldarch': { ...common, ...deepLab, ...own },
  'nvidia-basic-hrnet': { ...common, trunk: hrnet, head: plain, ...single },
  'nvidia-mscale-hrnet': { ...common, trunk: hrnet, head: plain, ...own },
  'nvidia-mscale-hrnet-oldarch': { ...common, trunk: hrnet, head: plain, ...own },
  'hrnet-ocr': {
    ...common,
    trunk: { ...hrnet, alignCorners: true },
    head: { ...ocr, alignCorners: true },
    ...single,
  },
  'hrnet-segmentation': { ...common, trunk: hrnet, head: hrNetHead, ...single },
  'hrnet-segmentation-aligned': {
    ...common,
    trunk: { ...hrnet, alignCorners: true },
    head: { ...hrNetHead, alignCorners: true },
    ...single,
  },
};
