import { imagenetPixels, symmetricPixels } from '../model/index.js';
import type { TrainConfig } from './config.js';

// The rates keep within a third of the smallest feature map: 15×11 for 480×352 at scale 0.5 and stride 16.
const mobileModel = {
  trunk: { name: 'mobilenetv2', width: 1, outputStride: 16 },
  head: { name: 'deeplabv3plus', asppRates: [1, 2, 3], channels: 256, lowLevelChannels: 48, separable: true },
  attention: { name: 'transposed', depthwise: true, edges: 'replicate', evenPhases: true },
  scales: [0.5, 1],
  weights: 'shared',
  ...imagenetPixels,
} satisfies TrainConfig['model'];

const replicationModel = {
  attention: { name: 'transposed', depthwise: true, edges: 'replicate' },
  weights: 'perScale',
} as const;

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

/** A training configuration to start from. */
interface Preset {
  /** What it is for, in one line. */
  readonly purpose: string;
  readonly config: TrainConfig;
}

const all = {
  quick: {
    purpose: 'about a minute on a tiny set: to see that everything works',
    config: {
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
  },
  // Small batches, because a short training has few updates, and a shorter memory of the squared gradients, which change fast
  // in it. Rare classes weigh more: the weight is one over the root
  // of their share of the pixels, within bounds.
  demo: {
    purpose: 'the three steps on small rendered scenes: what hmsa demo trains',
    config: {
      ...common,
      model: {
        ...mobileModel,
        trunk: { ...mobileModel.trunk, width: 0.5 },
        head: { ...mobileModel.head, channels: 64, lowLevelChannels: 24 },
      },
      batch: 4,
      crop: [128, 256],
      optimizer: { name: 'adam', beta2: 0.99 },
      classWeights: [0.7, 1.5, 0.7, 3, 4, 2.4, 4, 4, 1, 3.5, 0.8, 2.7, 4, 1, 1.5, 2.5, 1.8, 4, 4],
      validateEvery: 0,
      phases: [
        {
          kind: 'scales',
          epochs: 8,
          schedule: { kind: 'cosine', rate: 6e-3, end: 4e-4, warmUp: { steps: 20 } },
        },
        { kind: 'attention', epochs: 1, schedule: { kind: 'constant', rate: 2e-3 } },
        { kind: 'refinement', epochs: 1, schedule: { kind: 'cosine', rate: 5e-4 } },
      ],
    },
  },
  // The replication names no optimiser. Adam is our assumption. It trained one network per scale for 5 to 7 epochs each, with
  // ×0.8 after an epoch. A step of the phase `scales` trains the network of one scale, so 12 epochs are 6 for each of two.
  'replication-2scale': {
    purpose: 'the three steps at 1 and 0.5, one network per scale, as in the replication',
    config: {
      ...common,
      model: { ...mobileModel, ...replicationModel },
      batch: 4,
      crop: [352, 480],
      phases: [
        { kind: 'scales', epochs: 12, schedule: { kind: 'stepDecay', rate: 1e-3, factor: 0.8, every: 2 } },
        { kind: 'attention', epochs: 5, schedule: { kind: 'constant', rate: 5e-4 }, views: 1 },
        { kind: 'refinement', epochs: 5, schedule: { kind: 'constant', rate: 1e-4 } },
      ],
    },
  },
  // Twice the size is four times the activations: half the batch, and one scale at a time in memory.
  'replication-3scale': {
    purpose: 'the same at 2, 1 and 0.5',
    config: {
      ...common,
      model: { ...mobileModel, ...replicationModel, scales: [0.5, 1, 2] },
      batch: 2,
      accumulate: 2,
      recompute: 'scales',
      crop: [352, 480],
      phases: [
        { kind: 'scales', epochs: 18, schedule: { kind: 'stepDecay', rate: 1e-3, factor: 0.8, every: 3 } },
        { kind: 'attention', epochs: 5, schedule: { kind: 'constant', rate: 5e-4 }, views: 1 },
        { kind: 'refinement', epochs: 5, schedule: { kind: 'constant', rate: 1e-4 } },
      ],
    },
  },
  // Section 4.1 of arXiv 2005.10821, for Cityscapes. Its batch is of 16 GPUs.
  paper: {
    purpose:
      'HRNet-OCR with crops and batches as published: far more than one computer holds (--crop, --batch)',
    config: {
      ...common,
      model: {
        trunk: { name: 'hrnetv2', width: 48 },
        head: { name: 'ocr', channels: 512, keyChannels: 256, dropout: 0.05 },
        attention: { name: 'paper', channels: 256 },
        scales: [0.5, 1],
        weights: 'shared',
        ...imagenetPixels,
      },
      batch: 16,
      crop: [1024, 2048],
      augment: 'paper',
      classUniform: 0.5,
      optimizer: { name: 'sgd', momentum: 0.9 },
      weightDecay: 5e-4,
      decayVectors: true,
      loss: { main: 'rmi', perScale: 0.05, auxiliary: 0.4 },
      recompute: 'scales',
      validateEvery: 5,
      phases: [{ kind: 'joint', epochs: 175, schedule: { kind: 'polynomial', rate: 0.01, power: 2 } }],
    },
  },
  // CamVid's 11 classes at 480×360, in about an hour and a half on two cores. Rare classes weigh more. The weights are
  // ordered by train id: sky, building, pole, …
  'camvid-2scale': {
    purpose: "what the shipped model was trained with, from DeepLab's weights for VOC",
    config: {
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
  },
  // Low rates, because most weights are trained already. The head has three times the rate, because its classifier is
  // new. The attention is not trained; the last phase adapts the head to it.
  finetune: {
    purpose: 'the shipped model onto your own classes, in minutes (docs/fine-tuning.md)',
    config: {
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
  },
  'joint-2scale': {
    purpose: 'two scales and their attention, end to end in one phase',
    config: {
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
  },
} satisfies Record<string, Preset>;

export type PresetName = keyof typeof all;

const entries = Object.entries(all) as [PresetName, Preset][];

/** Training configurations to start from, by the name that `--preset` takes. */
export const presets = Object.fromEntries(entries.map(([name, { config }]) => [name, config])) as {
  readonly [Name in PresetName]: (typeof all)[Name]['config'];
};

/** What each preset is for, in one line. */
export const presetLines = Object.fromEntries(
  entries.map(([name, { purpose }]) => [name, purpose]),
) as Readonly<Record<PresetName, string>>;
