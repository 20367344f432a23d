import type { Segment } from '../engine/autodiff/index.js';
import { input, type Tensor } from '../engine/graph/index.js';
import { add, mean, mul, resizeLike, step } from '../engine/ops/index.js';
import {
  attentions,
  type ModelConfig,
  normalizePixels,
  predictAtScale,
  type ScalePrediction,
  segmentation,
} from '../model/index.js';
import { Builder } from '../model/layers/index.js';
import type { LossConfig, TrainConfig } from './config.js';
import { crossEntropy, pixelAccuracy } from './losses/index.js';
import { learns, networkOf, type PhaseKind } from './phase.js';
import { randomInputs } from './random-inputs.js';

export interface PhaseGraphOptions {
  readonly kind: PhaseKind;
  /** Images in a batch, and the height and width of their crops. */
  readonly batch: readonly [n: number, height: number, width: number];
  /** The scale that this graph trains, in the phase `scales`. */
  readonly scale?: number;
  readonly loss: Pick<LossConfig, 'perScale' | 'auxiliary'>;
  /** Weight of each class in the loss; 1 for all where left out. */
  readonly classWeights?: readonly number[];
  /**
   * With `scales` the backward pass computes the network again at one scale after the other. Not so in the phase
   * `scales`, which sees one scale at a time, nor in `attention`, whose backward pass ends before the frozen trunk and
   * head and needs next to nothing of them.
   */
  readonly recompute?: TrainConfig['recompute'];
}

/** A phase's forward pass up to its loss. */
export interface PhaseGraph {
  readonly loss: Tensor;
  readonly metrics: Readonly<Record<string, Tensor>>;
  readonly builder: Builder;
  /** Parts of the forward pass that the backward pass computes again; see {@link PhaseGraphOptions.recompute}. */
  readonly recompute: readonly Segment[];
  /** The network that it trains, where it is one of several that are trained in turn; see `networkOf`. */
  readonly network?: string | undefined;
}

/**
 * Forward pass and loss of one phase, from `images` (uint8 [N, H, W, 3]) and `labels` (uint8 [N, H, W]). Labels stay at
 * scale 1: every prediction is enlarged or reduced to them.
 *
 * A graph that draws random numbers has the inputs `seed` and `step` too; see `randomInputs`.
 *
 * The refinement normalises by running statistics: batch statistics would shift the features that the frozen attention
 * has learned from.
 */
export function phaseGraph(config: ModelConfig, options: PhaseGraphOptions): PhaseGraph {
  const { kind, batch, scale = 1, loss: weights, classWeights, recompute } = options;
  const builder = new Builder({
    trainable: (name) => learns(kind, name),
    random: randomInputs(),
    ...(kind === 'refinement' ? { batchStatistics: () => false } : {}),
  });
  const images = normalizePixels(input('images', [...batch, 3], 'uint8'), config);
  const labels = input('labels', batch, 'uint8');
  const lossOf = (logits: Tensor) =>
    crossEntropy(resizeLike(logits, images), labels, classWeights === undefined ? {} : { classWeights });
  const withAuxiliary = (logits: Tensor, auxiliary: Tensor | undefined) =>
    auxiliary === undefined || weights.auxiliary === 0
      ? lossOf(logits)
      : add(lossOf(logits), mul(lossOf(auxiliary), weights.auxiliary));
  if (kind === 'scales') {
    const { logits, auxiliary } = predictAtScale(builder.root, images, config, scale);
    return {
      loss: withAuxiliary(logits, auxiliary),
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
  // The attention moves no scale's own logits, so their losses would be constants of its phase.
  if (weights.perScale > 0 && kind !== 'attention') {
    for (const own of predictions) loss = add(loss, mul(lossOf(own.logits), weights.perScale));
  }
  return {
    loss,
    metrics: { pixelAccuracy: pixelAccuracy(logits, labels), ...attentionMetrics(predictions) },
    builder,
    recompute:
      recompute === 'scales' && kind !== 'attention' ? scaleSegments(config, images, predictions) : [],
  };
}

/**
 * The network at each scale, up to what the combination takes of it; one scale alone would save nothing. The attention
 * belongs to it where it reads that scale alone. Where it reads several, its own activations are kept.
 */
function scaleSegments(
  { attention }: ModelConfig,
  images: Tensor,
  predictions: readonly ScalePrediction[],
): Segment[] {
  if (predictions.length < 2) return [];
  const { readsOneScale } = attentions.get(attention.name);
  return predictions.map(({ output: { logits, auxiliary, features }, weight }) => {
    const read = readsOneScale ? [weight] : [features.context.tensor, features.fused.tensor];
    return { input: images, outputs: [logits, auxiliary, ...read].filter((tensor) => tensor !== undefined) };
  });
}

/** How much a scale is listened to: the mean of its attention, and the shares that are as good as 0 or 1. */
function attentionMetrics(predictions: readonly ScalePrediction[]): Record<string, Tensor> {
  return Object.fromEntries(
    predictions.flatMap(({ scale, attention }) =>
      attention === undefined
        ? []
        : [
            [`attentionMean@${scale}`, mean(attention, undefined, { keepAxes: false })],
            [`attentionBelow0.02@${scale}`, mean(step(attention, 0.02, -1), undefined, { keepAxes: false })],
            [`attentionAbove0.98@${scale}`, mean(step(attention, 0.98), undefined, { keepAxes: false })],
          ],
    ),
  );
}
