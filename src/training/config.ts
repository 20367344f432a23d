import { z } from 'zod';
import { checkArgument, checkText, HmsaError, isRecord } from '../base/errors/index.js';
import { checkSchema, type Plain } from '../base/schema/index.js';
import { classlessModelSchema, formerModel, imagenetPixels, trunks } from '../model/index.js';
import { lossSchema } from './losses/index.js';
import { scheduleSchema } from './optimizers/index.js';

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

/**
 * What a phase trains. The replication trains in the first three kinds, one after the other, on hardware
 * that cannot hold the whole network. The paper trains everything at once.
 */
export const phaseKindSchema = z
  .enum(['scales', 'attention', 'refinement', 'joint'])
  .describe(
    'What is learned. `scales`: trunk and head, without attention, from one scale in each step. `attention`: the ' +
      'attention alone. `refinement`: trunk and head, with the attention frozen. `joint`: everything, end to end.',
  );

export type PhaseKind = z.infer<typeof phaseKindSchema>;

const earlyStopSchema = z.strictObject({
  patience: z
    .int()
    .min(1)
    .max(100_000)
    .describe('Epochs of a phase without an improvement after which it ends.'),
  minimumImprovement: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('What mean IoU must gain at least to count as an improvement, such as 0.001; default 0.'),
});

const freezeSchema = z.array(z.string().min(1).max(1000)).max(1000);

export const batchNormSchema = z
  .enum(['trained', 'fixedStatistics', 'frozen'])
  .describe(
    'What batch norms do, where the phase trains them. `trained`: normalise by the batch, track its statistics, and learn ' +
      'scale and shift. `fixedStatistics`: normalise by the statistics of before, and learn scale and shift. `frozen`: learn ' +
      'nothing either. Default: `fixedStatistics` in `refinement`, so that the frozen attention finds the features that it ' +
      'knows, and `trained` in the others. `recalibrate` measures the statistics anew.',
  );

const phaseSchema = z.strictObject({
  kind: phaseKindSchema,
  epochs: z.int().min(1).max(100_000).describe('Passes over the training images.'),
  schedule: scheduleSchema.describe('How the learning rate changes over the phase.'),
  earlyStop: z
    .union([earlyStopSchema, z.literal(false)])
    .optional()
    .describe('For this phase, instead of `earlyStop` of the whole; `false` for none.'),
  freeze: freezeSchema.optional().describe('More patterns of parameters that this phase does not change.'),
  batchNorm: batchNormSchema.optional(),
  recalibrate: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      'Number of batches from which the statistics of batch norms are measured anew, at every scale: for each model that is ' +
        'validated or saved, and for the phase that follows. The first batches of the run are taken, without a backward pass. ' +
        "Default: the statistics are the running ones, and an interrupted run's interim model has those in any case.",
    ),
  views: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      'In the phase `attention`: the number of views of each training image, its crops with all their random changes. The ' +
        'batches of the first epochs, as many as there are views, come again in later epochs, in another order. So the features ' +
        'of the frozen trunk and head, rounded to float16, are computed once and kept (`--feature-cache`). Default: new crops in ' +
        'each epoch, and nothing is kept.',
    ),
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
      warmUp: z
        .boolean()
        .optional()
        .describe(
          'Whether the first steps keep less, min(decay, (1 + t) / (10 + t)) in step t, so that the initial weights are soon ' +
            "forgotten, as in TensorFlow's ExponentialMovingAverage; default false.",
        ),
    })
    .optional()
    .describe(
      'Moving averages of all weights and running statistics, a ← a + (1 − decay)·(w − a) after each step. The averages are ' +
        'scored and saved as the model; the weights of the last step are saved as `raw.safetensors`. Default: none.',
    ),
  classWeights: z
    .union([z.literal('equal'), z.array(z.number().positive().max(1e6)).max(255)])
    .describe(
      'Weight of each class in the cross-entropy, in the order of the classes. `loss.main` `rmi` knows `equal` alone.',
    ),
  loss: lossSchema.describe('The loss: a weighted sum of several.'),
  recompute: z
    .enum(['none', 'scales'])
    .describe(
      'What the backward pass computes again instead of keeping it in memory. `scales`: in the phases `refinement` and ' +
        '`joint`, the network at one scale after the other, so that memory holds the activations of one scale at a time, ' +
        'at the cost of a second forward pass. The steps are the same up to rounding.',
    ),
  memory: z
    .string()
    .optional()
    .describe(
      'The most memory that the training may take on a CPU, such as `4GB`. So that it fits, `recompute`, `batch` and `accumulate` ' +
        'change, in this order, then `crop`, and no more than needed; what is set by a flag or in the file stays. `--memory` sets ' +
        'it too. Default: nothing changes.',
    ),
  validateEvery: z
    .int()
    .min(0)
    .max(100_000)
    .describe('Epochs between validations; the last epoch of the run is always validated. 0 for never.'),
  freeze: freezeSchema
    .optional()
    .describe(
      'Patterns of the names of parameters that no phase changes, such as `trunk.*` or `trunk.features.0`; `*` stands for any ' +
        'text. They have no gradient and no optimiser state, and their batch norms keep their statistics. `hmsa info --json` ' +
        'and the files of weights have the names. Default: none.',
    ),
  earlyStop: earlyStopSchema
    .optional()
    .describe(
      'Ends a phase when the validations within it show no better mean IoU for a while. The next phase goes on from the ' +
        'weights of that moment, not from those of the best validation, which are in `best.safetensors`. Default: never.',
    ),
  phases: z.array(phaseSchema).min(1).max(100).describe('The parts of the training, one after the other.'),
});

export type OptimizerConfig = Plain<z.infer<typeof optimizerSchema>>;

/** When a phase ends before its last epoch. */
export type EarlyStopConfig = Plain<z.infer<typeof earlyStopSchema>>;

/** One part of the training. */
export type PhaseConfig = Plain<z.infer<typeof phaseSchema>>;

/** Everything that decides what a training run computes. */
export type TrainConfig = Plain<z.infer<typeof trainConfigSchema>>;

/** @throws HmsaError that names the wrong key */
export function checkConfig(value: unknown, source: string): TrainConfig {
  checkText(source, 'checkConfig', 'what errors call the configuration');
  return checkSchema(trainConfigSchema, value, source) as TrainConfig;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * A configuration with some of its keys replaced. Objects are merged key by key. Lists and all other values are
 * replaced whole. So is an object whose `name` or `kind` changes, because its other keys would not fit. The key
 * `$schema` at the top is for editors and is ignored.
 *
 * @param source what errors call the changes: the file that holds them
 * @throws HmsaError that names the key and, for a misspelt one, the nearest known key
 */
export function mergeConfig(base: TrainConfig, changes: unknown, source: string): TrainConfig {
  if (!isObject(changes)) {
    throw new HmsaError({
      operation: source,
      expected: 'a JSON object',
      received: Array.isArray(changes) ? 'a list' : changes === null ? 'null' : typeof changes,
      remedy: 'Give the keys to change: {"batch": 2}.',
    });
  }
  checkArgument(isObject(base), 'mergeConfig', 'a configuration', base);
  const { $schema: _, ...keys } = changes;
  return checkConfig(merged(base as unknown as Json, keys), source);
}

function merged(base: Json, changes: Json): Json {
  const result = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(changes)) {
    const before = result.get(key);
    const isSameKind =
      isObject(before) &&
      isObject(value) &&
      ['name', 'kind'].every((tag) => (value[tag] ?? before[tag]) === before[tag]);
    result.set(key, isSameKind ? merged(before as Json, value as Json) : value);
  }
  // Unlike an assignment, this also creates a key named `__proto__`.
  return Object.fromEntries(result);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The settings that people change most. */
export interface OftenSet {
  /**
   * One number: the epochs of all phases together, divided in the proportion of the configuration. A list: the epochs
   * of each phase.
   */
  readonly epochs?: readonly number[];
  /** Images in a batch. */
  readonly batch?: number;
  /** Height and width. */
  readonly crop?: readonly [height: number, width: number];
  /**
   * One number: the peak rate of the first phase; the other rates change by the same factor. A list: the rate of each
   * phase.
   */
  readonly rate?: readonly number[];
  /** Epochs without a better mean IoU after which a phase ends: `earlyStop.patience`. */
  readonly earlyStop?: number;
  /** The name of a trunk, which takes the place of another one; see {@link withTrunk}. */
  readonly trunk?: string;
}

/**
 * A configuration with the given settings changed.
 *
 * If a phase becomes longer or shorter, its warm-up changes by the same factor. If its rate changes, so does the `end`
 * of its schedule. So the curve keeps its form.
 *
 * @throws HmsaError when a list does not have one number for each phase, there are fewer epochs than phases, a number is
 *   out of range, or there is no such trunk
 */
export function setOften(config: TrainConfig, often: OftenSet): TrainConfig {
  const { epochs, batch, crop, rate, trunk, earlyStop: patience } = often;
  const { model } = trunk === undefined ? config : withTrunk(config, trunk);
  let { phases } = config;
  if (epochs !== undefined) phases = withEpochs(phases, epochs);
  if (rate !== undefined) phases = withRates(phases, rate);
  const changed = {
    ...config,
    model,
    phases,
    ...(batch && { batch }),
    ...(crop && { crop }),
    ...(patience !== undefined && { earlyStop: { ...config.earlyStop, patience } }),
  };
  return checkConfig(changed, 'configuration');
}

/**
 * The configuration with another trunk, as the trunk has it to begin with, and with ImageNet's pixel statistics, which its
 * published weights expect. A configuration that has this trunk already stays as it is.
 */
function withTrunk(config: TrainConfig, name: string): TrainConfig {
  const { standard } = trunks.get(name);
  if (config.model.trunk.name === name) return config;
  if (standard === undefined) {
    throw new HmsaError({
      operation: '--trunk',
      expected: 'a trunk with a standard configuration',
      received: name,
      remedy: 'Give its whole configuration in a file for --config.',
    });
  }
  return { ...config, model: { ...config.model, trunk: standard, ...imagenetPixels } };
}

function withEpochs(phases: readonly PhaseConfig[], asked: readonly number[]): PhaseConfig[] {
  const epochs = asked.length === 1 ? shared(phases, asked[0]!) : forEach(phases, asked, '--epochs');
  return phases.map((phase, i) => {
    const { warmUp } = phase.schedule;
    const steps = warmUp && Math.round((warmUp.steps * epochs[i]!) / phase.epochs);
    const schedule = warmUp ? { ...phase.schedule, warmUp: { ...warmUp, steps: steps! } } : phase.schedule;
    return { ...phase, epochs: epochs[i]!, schedule };
  });
}

/** Divides the epochs among the phases: at least one each, the rest in proportion, by largest remainder. */
function shared(phases: readonly PhaseConfig[], all: number): number[] {
  if (all < phases.length) {
    throw new HmsaError({
      operation: '--epochs',
      expected: `at least ${phases.length} epochs, one for each phase (${phases.map(({ kind }) => kind).join(', ')})`,
      received: String(all),
      remedy: 'Give more epochs, or a configuration with fewer phases.',
    });
  }
  const before = phases.reduce((sum, { epochs }) => sum + epochs, 0);
  const exact = phases.map(({ epochs }) => (epochs * all) / before);
  const result = exact.map((share) => Math.max(1, Math.floor(share)));
  const sum = () => result.reduce((total, epochs) => total + epochs, 0);
  const furthest = (sign: 1 | -1) => {
    const missing = exact.map((share, i) => sign * (share - result[i]!));
    const open = missing.map((value, i) => (sign < 0 && result[i] === 1 ? Number.NEGATIVE_INFINITY : value));
    return open.indexOf(Math.max(...open));
  };
  while (sum() < all) result[furthest(1)]! += 1;
  while (sum() > all) result[furthest(-1)]! -= 1;
  return result;
}

function withRates(phases: readonly PhaseConfig[], asked: readonly number[]): PhaseConfig[] {
  const first = phases[0]!.schedule.rate;
  const rates =
    asked.length === 1
      ? phases.map(({ schedule }) => (asked[0]! * schedule.rate) / first)
      : forEach(phases, asked, '--rate');
  return phases.map((phase, i) => {
    const { schedule } = phase;
    const rate = rates[i]!;
    const hasEnd = 'end' in schedule && schedule.end !== undefined;
    return {
      ...phase,
      schedule: { ...schedule, rate, ...(hasEnd && { end: (schedule.end! * rate) / schedule.rate }) },
    };
  });
}

function forEach(phases: readonly PhaseConfig[], asked: readonly number[], flag: string): readonly number[] {
  if (asked.length === phases.length) return asked;
  throw new HmsaError({
    operation: flag,
    expected: `one number, or ${phases.length}, one for each phase (${phases.map(({ kind }) => kind).join(', ')})`,
    received: String(asked.length),
    remedy: 'hmsa train --print-config shows the phases.',
  });
}

/**
 * Translates the training configuration of a run that version 0.1 began. Heads had no second classifier then, so the
 * weight of its loss does not matter. Anything else is returned unchanged, and the schema refuses it.
 */
export function formerConfig(config: unknown): unknown {
  if (!isRecord(config)) return config;
  const { scaleLossWeight: perScale, model, ...rest } = config;
  return { ...rest, model: formerModel(model), loss: { main: 'crossEntropy', perScale, auxiliary: 0.4 } };
}
