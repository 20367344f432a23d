import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import type { HeadOutput } from '../heads/head.js';
import type { Scope } from '../layers/index.js';
import type { Part } from '../registry.js';

/** The output of trunk and head for the image at one scale. */
export interface ScaleOutput extends HeadOutput {
  readonly scale: number;
}

/**
 * How much each scale counts at each place of the image.
 *
 * - `adjacent`: from the highest scale down, how much a scale's own scores replace the result of the higher scales, 0 … 1. The
 *   highest has no weight. Any number of scales can be combined (arXiv 2005.10821, section 3.2).
 * - `all`: the share of each scale; the shares of one place sum to 1 (arXiv 1511.03339, section 3).
 */
export interface Weighing {
  readonly kind: 'adjacent' | 'all';
  /** A map [N, 1, h, w] for each scale. The sizes may differ. */
  readonly weights: ReadonlyMap<number, Tensor>;
}

/** A network that weighs the scales of an image against each other. */
export interface Attention<Config = never> extends Part {
  /** Whether the weight of a scale depends on the output of that scale only. Recomputation then includes the attention. */
  readonly readsOneScale: boolean;

  /** Where true, `check` refuses every set of scales but some that the model was trained on. */
  readonly ownScalesOnly?: true;

  /**
   * Refuses scales that the attention cannot weigh.
   *
   * @param scales one or more
   * @param trained the scales that the model is trained on
   * @throws HmsaError that says which scales the attention can weigh
   */
  check?(scales: readonly number[], trained: readonly number[], config: Config): void;

  /**
   * @param scopeOf the scope in which the attention declares its variables for a scale. If the scales share one network,
   *   it is the same for all of them
   * @param outputs from the highest scale to the lowest, two or more
   */
  weigh(scopeOf: (scale: number) => Scope, outputs: readonly ScaleOutput[], config: Config): Weighing;
}

/** The key of the attentions whose published weights have no bias in the last layer. */
export const scoreBias = z
  .boolean()
  .exactOptional()
  .describe(
    "Whether the last layer has a bias; default true. NVIDIA's published weights have none: give false for them.",
  );
