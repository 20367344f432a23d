import { z } from 'zod';
import { checkSchema } from '../base/schema/index.js';
import { classlessModelSchema, type ModelConfig } from '../model/index.js';
import type { Schedule } from './optimizers/index.js';
import type { PhaseKind } from './phase.js';

export type OptimizerConfig =
  | { readonly name: 'sgd'; readonly momentum: number; readonly nesterov?: boolean }
  | { readonly name: 'adam' | 'adamW'; readonly beta1?: number; readonly beta2?: number };

/** One part of the training. */
export interface PhaseConfig {
  readonly kind: PhaseKind;
  readonly epochs: number;
  readonly schedule: Schedule;
}

/** What the training lowers: a sum of losses, each of the same kind. */
export type LossConfig = z.infer<typeof lossSchema>;

/** Everything that decides what a training run computes. */
export interface TrainConfig {
  /** The model, less its class count, which comes from the data. */
  readonly model: Omit<ModelConfig, 'classes'>;
  readonly seed: number;
  /** Images in a batch. */
  readonly batch: number;
  /** Batches whose mean gradient makes one step: a larger batch in the memory of a smaller one. 1 for each its own. */
  readonly accumulate: number;
  /** Height and width of the crops, at scale 1. */
  readonly crop: readonly [height: number, width: number];
  readonly augment: 'replication' | 'paper' | 'none';
  /** The share of an epoch's crops that are centred on a class drawn uniformly (the paper's section 4.1). */
  readonly classUniform: number;
  readonly optimizer: OptimizerConfig;
  readonly weightDecay: number;
  /** Whether biases and the scales and shifts of batch norms decay too. */
  readonly decayVectors: boolean;
  /** Multiplies the learning rate of head and attention, which often start from nothing beside a pretrained trunk. */
  readonly headRate: number;
  /** The largest global norm of the gradients; 0 for no limit. */
  readonly clipNorm: number;
  /**
   * Moving averages of all weights and statistics, a ← a + (1 − decay)·(w − a) after each step; what is scored and kept
   * as the model are they. None where left out.
   */
  readonly ema?: { readonly decay: number };
  /** Weight of each class in the cross-entropy, by train id. */
  readonly classWeights: 'equal' | readonly number[];
  readonly loss: LossConfig;
  /**
   * What the backward pass computes again instead of keeping it from the forward pass: nothing, or, in the phases
   * `refinement` and `joint`, the network at one scale after the other, so that activations are held of one scale at a
   * time. The steps are the same up to rounding.
   */
  readonly recompute: 'none' | 'scales';
  /** Epochs between validations; the last epoch of the run is always validated. 0 for never. */
  readonly validateEvery: number;
  readonly phases: readonly PhaseConfig[];
}

const lossWeight = z.number().min(0).max(1000);
const lossSchema = z.strictObject({
  main: z.literal(['crossEntropy']).describe('The loss of the combined prediction.'),
  perScale: lossWeight.describe(
    "Weight of the loss of each scale's own logits, so that no scale starves where its attention is 0.",
  ),
  auxiliary: lossWeight.describe("Weight of the loss of the head's second classifier, where it has one."),
});

const cropSide = z.int().min(16).max(16_384);
const rate = z.number().positive().max(100);
const share = z.number().min(0).max(1);
const common = {
  rate,
  warmUp: z.strictObject({ steps: z.int().min(0).max(1e9), start: share.optional() }).optional(),
};
const schedule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('constant'), ...common }),
  z.strictObject({ kind: z.literal('stepDecay'), factor: z.number().positive().max(1), ...common }),
  z.strictObject({
    kind: z.literal('polynomial'),
    power: z.number().positive().max(100),
    end: z.number().min(0).max(100).optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal('cosine'), end: z.number().min(0).max(100).optional(), ...common }),
]);
const beta = z.number().min(0).lt(1).optional();

/** Unknown keys are errors. */
export const trainConfigSchema = z.strictObject({
  model: classlessModelSchema,
  seed: z.int(),
  batch: z.int().min(1).max(1024),
  accumulate: z.int().min(1).max(1024),
  crop: z.tuple([cropSide, cropSide]),
  augment: z.enum(['replication', 'paper', 'none']),
  classUniform: share,
  optimizer: z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('sgd'),
      momentum: z.number().min(0).lt(1),
      nesterov: z.boolean().optional(),
    }),
    z.strictObject({ name: z.literal(['adam', 'adamW']), beta1: beta, beta2: beta }),
  ]),
  weightDecay: z.number().min(0).max(1e9),
  decayVectors: z.boolean(),
  headRate: z.number().positive().max(1000),
  clipNorm: z.number().min(0).max(1e9),
  ema: z.strictObject({ decay: z.number().min(0).lt(1) }).optional(),
  classWeights: z.union([z.literal('equal'), z.array(z.number().positive().max(1e6)).max(255)]),
  loss: lossSchema,
  recompute: z.enum(['none', 'scales']),
  validateEvery: z.int().min(0).max(100_000),
  phases: z
    .array(
      z.strictObject({
        kind: z.enum(['scales', 'attention', 'refinement', 'joint']),
        epochs: z.int().min(1).max(100_000),
        schedule,
      }),
    )
    .min(1)
    .max(100),
});

/** @throws HmsaError that names the key which is wrong */
export function checkConfig(value: unknown, source: string): TrainConfig {
  return checkSchema(trainConfigSchema, value, source) as TrainConfig;
}
