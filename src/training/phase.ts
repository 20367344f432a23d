import { z } from 'zod';
import { float32 } from '../base/arrays.js';
import { KEY_WORDS, keyWords } from '../base/random/index.js';
import { checkNamed, type Shape } from '../base/schema/index.js';
import type { Segment } from '../engine/autodiff.js';
import { input, reachable, type Tensor, type Variable } from '../engine/graph/index.js';
import { add, heaviside, mean, mul, resizeLike } from '../engine/ops/index.js';
import type { NamedArrays, TensorInfo } from '../engine/runtime/index.js';
import {
  attentions,
  type ModelConfig,
  normalizePixels,
  predictAtScale,
  type ScalePrediction,
  segmentation,
} from '../model/index.js';
import { Builder, type RandomSource } from '../model/layers/index.js';
import type { OptimizerConfig, PhaseConfig, PhaseKind, TrainConfig } from './config.js';
import {
  type LossConfig,
  type LossOptions,
  lossSchema,
  pixelAccuracy,
  scaleChoiceLoss,
  trainingLosses,
} from './losses/index.js';
import {
  adam,
  adamW,
  noDecayOfVectors,
  type Optimizer,
  type ParameterGroup,
  sgd,
} from './optimizers/index.js';
import { batchNormOf, type PhaseRule, phaseRule, phaseRuleShape, trainedIn } from './phase-rule.js';
import { gradientStep, type TrainingStep, trainingStep, updateStep } from './step/index.js';

/**
 * The network that a step trains, as the prefix of the names of its variables: in the phase `scales`, if each scale has its
 * own weights, that of one scale. Otherwise undefined: a step trains everything that its phase trains.
 */
export function networkOf(kind: PhaseKind, { weights }: Pick<ModelConfig, 'weights'>, scale: number) {
  return kind === 'scales' && weights === 'perScale' ? `scale${scale}` : undefined;
}

export interface PhaseGraphOptions extends PhaseRule {
  /** Images in a batch, and the height and width of their crops. */
  readonly batch: readonly [n: number, height: number, width: number];
  /** The scale that this graph trains, in the phase `scales`. */
  readonly scale?: number;
  /** What it trains with; without `main` that is the cross-entropy. */
  readonly loss: Omit<LossConfig, 'main'> & Pick<LossOptions, 'main'>;
  /** Weight of each class in the loss; default: 1 for all. */
  readonly classWeights?: TrainConfig['classWeights'];
  /**
   * With `scales` the backward pass computes the network again, one scale after the other. It has no effect in two
   * phases: a step of `scales` has only one scale, and the backward pass of `attention` ends before the frozen trunk
   * and head, so it needs few of their activations.
   */
  readonly recompute?: TrainConfig['recompute'];
}

const side = z.int().min(1);

const optionsShape: Shape<PhaseGraphOptions> = {
  batch: z.tuple([side, side, side]),
  scale: z.number().positive().optional(),
  loss: lossSchema.partial({ main: true }),
  classWeights: z.union([z.literal('equal'), z.array(z.number())]).optional(),
  recompute: z.enum(['none', 'scales']).optional(),
  ...phaseRuleShape,
};

/** A phase's forward pass up to its loss. */
export interface PhaseGraph {
  readonly loss: Tensor;
  /** The scores that the main loss compares with the labels, [N, classes, H, W]. */
  readonly logits: Tensor;
  readonly metrics: Readonly<Record<string, Tensor>>;
  readonly builder: Builder;
  /** Parts of the forward pass that the backward pass computes again; see {@link PhaseGraphOptions.recompute}. */
  readonly recompute: readonly Segment[];
  /** The network that it trains, if it is one of several that are trained in turn; see `networkOf`. */
  readonly network?: string | undefined;
  /** Next values of the buffers; default: those of the builder. */
  readonly bufferUpdates?: ReadonlyMap<Variable, Tensor>;
}

/**
 * Forward pass and loss of one phase, from `images` (uint8 [N, H, W, 3]) and `labels` (uint8 [N, H, W]). Labels stay at
 * scale 1: every prediction is resized to them.
 *
 * A graph with random operators also has the inputs `seed` and `step`; see `randomFeeds`.
 *
 * @throws HmsaError that names an option which does not fit, or the part of the configuration
 */
export function phaseGraph(config: ModelConfig, options: PhaseGraphOptions): PhaseGraph {
  checkNamed(optionsShape, options, 'phaseGraph');
  const { kind, batch, scale = 1, loss: weights, classWeights = 'equal', recompute } = options;
  const builder = new Builder({
    trainable: trainedIn(config, options),
    random: randomInputs(),
    ...(batchNormOf(options) === 'trained' ? {} : { batchStatistics: () => false }),
  });
  const images = normalizePixels(input('images', [...batch, 3], 'uint8'), config);
  const labels = input('labels', batch, 'uint8');
  const losses = trainingLosses(labels, { ...weights, classWeights });
  const mainLoss = (logits: Tensor) => losses.main(resizeLike(logits, images));
  const supportingLoss = (logits: Tensor, weight: number) =>
    mul(losses.supporting(resizeLike(logits, images)), weight);
  const withAuxiliary = (logits: Tensor, auxiliary: Tensor | undefined) =>
    auxiliary === undefined || weights.auxiliary === 0
      ? mainLoss(logits)
      : add(mainLoss(logits), supportingLoss(auxiliary, weights.auxiliary));
  if (kind === 'scales') {
    const { logits, auxiliary } = predictAtScale(builder.root, images, config, scale);
    return {
      loss: withAuxiliary(logits, auxiliary),
      logits: resizeLike(logits, images),
      metrics: { pixelAccuracy: pixelAccuracy(resizeLike(logits, images), labels) },
      builder,
      recompute: [],
      network: networkOf(kind, config, scale),
    };
  }
  const { logits, auxiliary, predictions } = segmentation(builder.root, images, config, {
    scales: config.scales,
    combine: 'hierarchical',
  });
  let loss = withAuxiliary(logits, auxiliary);
  // The attention does not change the logits of a scale, so their losses would be constant in its phase.
  if (weights.perScale > 0 && kind !== 'attention') {
    for (const { logits: ofScale } of predictions)
      loss = add(loss, supportingLoss(ofScale, weights.perScale));
  }
  const choice = scaleChoice(kind, predictions, labels, {
    weight: weights.attention,
    classWeights: typeof classWeights === 'string' ? undefined : classWeights,
  });
  if (choice !== undefined) loss = add(loss, mul(choice, weights.attention!));
  return {
    loss,
    logits,
    metrics: {
      pixelAccuracy: pixelAccuracy(logits, labels),
      ...attentionMetrics(predictions),
      ...(choice && { scaleChoiceLoss: choice }),
    },
    builder,
    recompute:
      recompute === 'scales' && kind !== 'attention' ? scaleSegments(config, images, predictions) : [],
  };
}

/** {@link phaseGraph} with everything that a training configuration says of a phase. */
export function graphOfPhase(
  model: ModelConfig,
  training: TrainConfig,
  phase: PhaseConfig,
  scale: number,
): PhaseGraph {
  const { batch, crop, loss, classWeights, recompute } = training;
  return phaseGraph(model, {
    ...phaseRule(training, phase),
    batch: [batch, ...crop],
    scale,
    loss,
    classWeights,
    recompute,
  });
}

/** The loss that teaches the attention, if the phase trains it and the configuration asks for that. */
function scaleChoice(
  kind: PhaseKind,
  predictions: readonly ScalePrediction[],
  labels: Tensor,
  { weight = 0, classWeights }: { weight?: number | undefined; classWeights?: readonly number[] | undefined },
): Tensor | undefined {
  const isTaught = weight > 0 && (kind === 'attention' || kind === 'joint') && predictions.length > 1;
  if (!isTaught || predictions.every(({ attention }) => attention === undefined)) return undefined;
  return scaleChoiceLoss(predictions, labels, classWeights === undefined ? {} : { classWeights });
}

/**
 * The network at each scale, up to the outputs that the combination reads. A single scale would save nothing. The
 * attention belongs to the segment of a scale if it reads only that scale. If it reads several, its own activations are
 * kept.
 */
function scaleSegments(
  { attention }: ModelConfig,
  images: Tensor,
  predictions: readonly ScalePrediction[],
): Segment[] {
  if (predictions.length < 2) return [];
  const { readsOneScale } = attentions.get(attention.name);
  const weights = predictions.flatMap(({ weight }) => (weight === undefined ? [] : [weight]));
  const read = new Set(reachable(weights));
  return predictions.map(({ output: { logits, auxiliary, features }, weight }) => {
    const { context, fused } = features;
    const more = readsOneScale ? [weight] : [context.tensor, fused.tensor].filter((one) => read.has(one));
    const outputs = [logits, auxiliary, ...more].filter((tensor) => tensor !== undefined);
    return { input: images, outputs: [...new Set(outputs)] };
  });
}

/** For each scale, the mean of its attention and the shares of it that are nearly 0 and nearly 1. */
function attentionMetrics(predictions: readonly ScalePrediction[]): Record<string, Tensor> {
  return Object.fromEntries(
    predictions.flatMap(({ scale, attention }) =>
      attention === undefined
        ? []
        : [
            [`attentionMean@${scale}`, mean(attention, undefined, { keepAxes: false })],
            [
              `attentionBelow0.05@${scale}`,
              mean(heaviside(attention, 0.05, -1), undefined, { keepAxes: false }),
            ],
            [`attentionAbove0.95@${scale}`, mean(heaviside(attention, 0.95), undefined, { keepAxes: false })],
          ],
    ),
  );
}

/** The inputs of random operators. A graph without such operators does not have them. */
function randomInputs(): RandomSource {
  return { seed: input('seed', [KEY_WORDS]), step: input('step', [KEY_WORDS]) };
}

/**
 * The values of the random inputs for one batch. They are a pure function of seed, step and batch, so that a resumed
 * run draws the same numbers.
 *
 * @param inputs the inputs of the graph; without `seed` among them the result is empty
 * @param step number of the step over the whole run
 * @param batch number of the batch within the step
 */
export function randomFeeds(
  inputs: readonly TensorInfo[],
  seed: number,
  step: number,
  batch: number,
): NamedArrays {
  if (!inputs.some(({ name }) => name === 'seed')) return {};
  const words = (...keys: (string | number)[]) => float32(keyWords(...keys), [KEY_WORDS]);
  return { seed: words('seed', seed), step: words('step', step, batch) };
}

/**
 * The optimiser that a configuration names.
 *
 * @param count suffix of Adam's step counts; see {@link AdamOptions.count}
 */
export function optimizerOf(config: OptimizerConfig, count?: string): Optimizer {
  const counting = count === undefined ? {} : { count };
  switch (config.name) {
    case 'sgd':
      return sgd(config);
    case 'adam':
      return adam({ ...config, ...counting });
    case 'adamW':
      return adamW({ ...config, ...counting });
  }
}

/** The graphs of one step: one for everything or, with accumulation, one for each batch and one for the update. */
export interface StepGraphs {
  readonly batch: TrainingStep;
  readonly update?: TrainingStep;
}

/** The graphs of a phase's step: forward pass, backward pass and the update that the configuration describes. */
export function stepGraphs(
  { loss, metrics, builder, recompute, network, bufferUpdates = builder.bufferUpdates }: PhaseGraph,
  training: TrainConfig,
): StepGraphs {
  const { parameters } = builder;
  const forward = { loss, metrics, parameters, bufferUpdates, recompute };
  const rule = {
    optimizer: optimizerOf(training.optimizer, network),
    weightDecay: training.weightDecay,
    groups: groupsOf(training),
    ...(training.ema === undefined
      ? {}
      : { average: { of: variablesOf(builder), decay: averageDecay(training.ema) } }),
    ...(training.clipNorm > 0 ? { clipNorm: training.clipNorm } : {}),
  };
  const batches = training.accumulate;
  if (batches === 1) return { batch: trainingStep({ ...forward, ...rule }) };
  return {
    batch: gradientStep(forward),
    update: updateStep(parameters, { ...rule, batches }, bufferUpdates.keys()),
  };
}

/** With a warm-up the decay of each step is an input of the graph; see `averageFeeds`. */
function averageDecay({ decay, warmUp = false }: NonNullable<TrainConfig['ema']>): number | Tensor {
  return warmUp ? input('averageDecay', []) : decay;
}

/** The decay of a step, counted over the whole run, if it has a warm-up. */
export function averageFeeds({ ema }: Pick<TrainConfig, 'ema'>, step: number): NamedArrays {
  if (!ema?.warmUp) return {};
  return { averageDecay: float32(Float32Array.of(Math.min(ema.decay, (1 + step) / (10 + step))), []) };
}

function variablesOf({ declared }: Builder): Variable[] {
  return [...declared.values()].map(({ variable }) => variable);
}

function groupsOf({ decayVectors, headRate }: TrainConfig): ParameterGroup[] {
  return [
    ...(decayVectors ? [] : [noDecayOfVectors]),
    ...(headRate === 1 ? [] : [{ match: /(^|\.)(head|attention)\./, learningRate: headRate }]),
  ];
}

/** How much a scale is listened to: shares of 0 … 1. */
export interface AttentionStatistics {
  readonly scale: number;
  /** The mean of α. */
  readonly mean: number;
  /** The share of the places where α is below 0.05 or above 0.95. Where it is, one scale learns almost nothing. */
  readonly saturated: number;
}

/** The statistics of the attention among the metrics of a step, for each scale that has an attention, highest first. */
export function attentionStatistics(metrics: Readonly<Record<string, number>>): AttentionStatistics[] {
  return Object.entries(metrics).flatMap(([name, mean]) => {
    const scale = /^attentionMean@(.+)$/.exec(name)?.[1];
    if (scale === undefined) return [];
    const [below, above] = [metrics[`attentionBelow0.05@${scale}`], metrics[`attentionAbove0.95@${scale}`]];
    return [{ scale: Number(scale), mean, saturated: (below ?? 0) + (above ?? 0) }];
  });
}
