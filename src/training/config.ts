import { z } from 'zod';
import { checkSchema, type Plain } from '../base/schema/index.js';
import { classlessModelSchema } from '../model/index.js';
import { scheduleSchema } from './optimizers/index.js';
import { phaseKindSchema } from './phase.js';

const beta = z.number().min(0).lt(1).optional();
const optimizerSchema = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('sgd').describe('Stochastic gradient descent, as in PyTorch.'),
    momentum: z.number().min(0).lt(1).describe('Share of the velocity that each step keeps; 0 for none.'),
    nesterov: z
      .boolean()
      .optional()
      .describe("Whether to use Nesterov's momentum, which needs a momentum above 0; default false."),
  }),
  z.strictObject({
    name: z
      .literal(['adam', 'adamW'])
      .describe(
        'Adam (Kingma and Ba 2015, arXiv 1412.6980); `adamW` decays the weights apart from the gradient ' +
          '(Loshchilov and Hutter 2019, arXiv 1711.05101).',
      ),
    beta1: beta.describe('Share of the mean gradient that each step keeps; default 0.9.'),
    beta2: beta.describe('Share of the mean squared gradient that each step keeps; default 0.999.'),
  }),
]);

const lossWeight = z.number().min(0).max(1000);
const lossSchema = z.strictObject({
  main: z.literal(['crossEntropy']).describe('The loss of the combined prediction.'),
  perScale: lossWeight.describe(
    "Weight of the loss of each scale's own logits, so that no scale starves where its attention is 0.",
  ),
  auxiliary: lossWeight.describe("Weight of the loss of the head's second classifier, where it has one."),
});

const phaseSchema = z.strictObject({
  kind: phaseKindSchema,
  epochs: z.int().min(1).max(100_000).describe('Passes over the training images.'),
  schedule: scheduleSchema.describe('How the learning rate changes over the phase.'),
});

const cropSide = z.int().min(16).max(16_384);

/** Everything that decides what a training run computes. Unknown keys are errors. */
export const trainConfigSchema = z.strictObject({
  model: classlessModelSchema.describe('The network, without its class count, which comes from the data.'),
  seed: z.int().describe('Determines every random choice.'),
  batch: z.int().min(1).max(1024).describe('Images in a batch.'),
  accumulate: z
    .int()
    .min(1)
    .max(1024)
    .describe(
      'Number of batches whose mean gradient makes one step: a larger batch in the memory of a smaller one. With 1 each ' +
        'batch makes a step.',
    ),
  crop: z
    .tuple([cropSide, cropSide])
    .describe(
      'Height and width of a crop, in pixels at scale 1. `--crop` takes the width first. Smaller images are padded ' +
        'with void.',
    ),
  augment: z
    .enum(['replication', 'paper', 'none'])
    .describe(
      'Random changes of the training images. `replication`: contrast, noise, mirroring. `paper`: a scale of 0.5 … 2, ' +
        'mirroring, blur, colour. `none`: the crop alone.',
    ),
  classUniform: z
    .number()
    .min(0)
    .max(1)
    .describe(
      'Share of the crops that are centred on a class drawn uniformly (arXiv 2005.10821, section 4.1).',
    ),
  optimizer: optimizerSchema.describe('The update rule.'),
  weightDecay: z
    .number()
    .min(0)
    .max(1e9)
    .describe('Pulls weights towards 0; the learning rate multiplies it.'),
  decayVectors: z.boolean().describe('Whether biases and the scales and shifts of batch norms decay too.'),
  headRate: z
    .number()
    .positive()
    .max(1000)
    .describe(
      'Multiplies the learning rate of head and attention, which often start from random weights beside a pretrained trunk.',
    ),
  clipNorm: z.number().min(0).max(1e9).describe('The largest global norm of the gradients; 0 for no limit.'),
  ema: z
    .strictObject({
      decay: z.number().min(0).lt(1).describe('Share of the average that each step keeps, such as 0.999.'),
    })
    .optional()
    .describe(
      'Moving averages of all weights and running statistics, a ← a + (1 − decay)·(w − a) after each step. The averages are ' +
        'scored and saved as the model. Default: none.',
    ),
  classWeights: z
    .union([z.literal('equal'), z.array(z.number().positive().max(1e6)).max(255)])
    .describe('Weight of each class in the cross-entropy, in the order of the classes.'),
  loss: lossSchema.describe('The loss: a weighted sum of several.'),
  recompute: z
    .enum(['none', 'scales'])
    .describe(
      'What the backward pass computes again instead of keeping it in memory. `scales`: in the phases `refinement` and ' +
        '`joint`, the network at one scale after the other, so that memory holds the activations of one scale at a time, ' +
        'at the cost of a second forward pass. The steps are the same up to rounding.',
    ),
  validateEvery: z
    .int()
    .min(0)
    .max(100_000)
    .describe('Epochs between validations; the last epoch of the run is always validated. 0 for never.'),
  phases: z.array(phaseSchema).min(1).max(100).describe('The parts of the training, one after the other.'),
});

export type OptimizerConfig = Plain<z.infer<typeof optimizerSchema>>;

/** One part of the training. */
export type PhaseConfig = Plain<z.infer<typeof phaseSchema>>;

/** What the training lowers: a sum of losses, each of the same kind. */
export type LossConfig = Plain<z.infer<typeof lossSchema>>;

/** Everything that decides what a training run computes. */
export type TrainConfig = Plain<z.infer<typeof trainConfigSchema>>;

/** @throws HmsaError that names the key which is wrong */
export function checkConfig(value: unknown, source: string): TrainConfig {
  return checkSchema(trainConfigSchema, value, source) as TrainConfig;
}
