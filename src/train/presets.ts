import { imagenetPixels, symmetricPixels } from '../models/index.js';
import type { TrainConfig } from './config.js';

// The rates keep within a third of the smallest map that they see: 15×11 for 480×352 at scale 0.5 and stride 16.
const mobileModel = {
  trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2, 3], channels: 256, lowLevelChannels: 48, separable: true },
  attention: { name: 'transposed', depthwise: true, edges: 'replicate', evenPhases: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
} satisfies TrainConfig['model'];

const common = {
  seed: 1,
  accumulate: 1,
  augment: 'replication',
  classUniform: 0,
  optimizer: { name: 'adam' },
  weightDecay: 0,
  decayVectors: false,
  headRate: 1,
  clipNorm: 0,
  classWeights: 'equal',
  loss: { main: 'crossEntropy', perScale: 0.05, auxiliary: 0.4 },
  recompute: 'none',
  validateEvery: 1,
} as const;

/** Training configurations to start from, by the name that `--preset` takes. */
export const presets = {
  /** The whole way in about a minute on a tiny set: to see that everything works. */
  quick: {
    ...common,
    model: {
      ...mobileModel,
      trunk: { ...mobileModel.trunk, width: 0.25 },
      head: { ...mobileModel.head, asppRates: [1], channels: 32, lowLevelChannels: 16 },
    },
    batch: 4,
    crop: [64, 128],
    validateEvery: 8,
    phases: [
      { kind: 'scales', epochs: 32, schedule: { kind: 'cosine', rate: 4e-3, warmUp: { steps: 20 } } },
      { kind: 'attention', epochs: 4, schedule: { kind: 'constant', rate: 2e-3 } },
      { kind: 'refinement', epochs: 4, schedule: { kind: 'cosine', rate: 4e-4 } },
    ],
  },
  /**
   * The three steps on small rendered scenes in a few minutes: what `hmsa demo` trains. Small batches, because a short
   * training wants for updates; rare classes weigh more, by one over the root of their share of the pixels, within bounds.
   */
  demo: {
    ...common,
    model: {
      ...mobileModel,
      trunk: { ...mobileModel.trunk, width: 0.5 },
      head: { ...mobileModel.head, channels: 64, lowLevelChannels: 24 },
    },
    batch: 4,
    crop: [128, 256],
    classWeights: [0.7, 1.5, 0.7, 3, 4, 2.4, 4, 4, 1, 3.5, 0.8, 2.7, 4, 1, 1.5, 2.5, 1.8, 4, 4],
    validateEvery: 0,
    phases: [
      {
        kind: 'scales',
        epochs: 10,
        schedule: { kind: 'cosine', rate: 4e-3, end: 4e-4, warmUp: { steps: 20 } },
      },
      { kind: 'attention', epochs: 1, schedule: { kind: 'constant', rate: 2e-3 } },
      { kind: 'refinement', epochs: 1, schedule: { kind: 'cosine', rate: 5e-4 } },
    ],
  },
  /** The replication's three steps, with its learning rates; Adam is our assumption, it names no optimiser. */
  'replication-2scale': {
    ...common,
    model: { ...mobileModel, attention: { name: 'transposed', depthwise: true, edges: 'replicate' } },
    batch: 4,
    crop: [352, 480],
    phases: [
      { kind: 'scales', epochs: 6, schedule: { kind: 'stepDecay', rate: 1e-3, factor: 0.8 } },
      { kind: 'attention', epochs: 5, schedule: { kind: 'constant', rate: 5e-4 } },
      { kind: 'refinement', epochs: 5, schedule: { kind: 'constant', rate: 1e-4 } },
    ],
  },
  /**
   * CamVid's 11 classes at 480×360 from DeepLab's weights for Pascal VOC, in about an hour and a half on two cores:
   * what the shipped model was trained with. Rare classes weigh more, from sky, building, pole, … by train id.
   */
  'camvid-2scale': {
    ...common,
    model: { ...mobileModel, ...symmetricPixels },
    batch: 4,
    crop: [352, 480],
    augment: 'paper',
    classUniform: 0.5,
    optimizer: { name: 'adamW' },
    weightDecay: 0.01,
    headRate: 3,
    classWeights: [1.1, 1, 2.5, 1, 1.5, 1.25, 2.6, 2.4, 1.7, 2.9, 3.3],
    validateEvery: 0,
    phases: [
      {
        kind: 'scales',
        epochs: 36,
        schedule: { kind: 'polynomial', rate: 5e-4, power: 0.9, warmUp: { steps: 100 } },
      },
      { kind: 'attention', epochs: 4, schedule: { kind: 'polynomial', rate: 5e-4, power: 0.9 } },
      { kind: 'refinement', epochs: 8, schedule: { kind: 'polynomial', rate: 1e-4, power: 0.9 } },
    ],
  },
  /**
   * The shipped model onto a folder of one's own, its classifier anew: low rates for what is learned already, three times
   * as much for the head. The attention stays as it came; the last phase brings the head back to it.
   */
  finetune: {
    ...common,
    model: { ...mobileModel, ...symmetricPixels },
    batch: 4,
    crop: [256, 352],
    augment: 'paper',
    classUniform: 0.5,
    optimizer: { name: 'adamW' },
    weightDecay: 0.01,
    headRate: 3,
    validateEvery: 10,
    phases: [
      {
        kind: 'scales',
        epochs: 8,
        schedule: { kind: 'polynomial', rate: 3e-4, power: 0.9, warmUp: { steps: 10 } },
      },
      { kind: 'refinement', epochs: 2, schedule: { kind: 'polynomial', rate: 1e-4, power: 0.9 } },
    ],
  },
  /** A two-scale network with its attention, end to end in one phase. */
  'joint-2scale': {
    ...common,
    model: { ...mobileModel, head: { ...mobileModel.head, asppRates: [1, 2], channels: 128 } },
    batch: 4,
    crop: [240, 320],
    phases: [
      {
        kind: 'joint',
        epochs: 4,
        schedule: { kind: 'polynomial', rate: 1e-3, power: 0.9, warmUp: { steps: 20 } },
      },
    ],
  },
} satisfies Record<string, TrainConfig>;

export type PresetName = keyof typeof presets;

/** What each is for, in a line. */
export const presetLines: Readonly<Record<PresetName, string>> = {
  quick: 'about a minute on a tiny set: to see that everything works',
  demo: 'the three steps on small rendered scenes: what hmsa demo trains',
  finetune: 'the shipped model onto your own classes, in minutes (docs/fine-tuning.md)',
  'replication-2scale': "the three steps, with the replication's rates",
  'camvid-2scale': "what the shipped model was trained with, from DeepLab's weights for VOC",
  'joint-2scale': 'two scales and their attention, end to end in one phase',
};
