import type { Tensor } from '../../graph/index.js';
import type { Scope } from '../../nn/index.js';
import type { HeadOutput } from '../heads/head.js';
import type { Part } from '../registry.js';

/** What trunk and head make of the image at one scale. */
export interface ScaleOutput extends HeadOutput {
  readonly scale: number;
}

/**
 * How much each scale counts at each place.
 *
 * - `adjacent`: from the highest scale down, how much a scale's own scores replace what the higher ones have agreed on,
 *   0 … 1; nothing for the highest. Any number of scales can be combined (arXiv 2005.10821, section 3.2).
 * - `all`: the share of each scale; the shares of one place sum to 1 (arXiv 1511.03339, section 3).
 */
export interface Weighing {
  readonly kind: 'adjacent' | 'all';
  /** [N, 1, h, w] by scale, each at a size of its own. */
  readonly weights: ReadonlyMap<number, Tensor>;
}

/** A network that weighs the scales of an image against each other. */
export interface Attention<Config = never> extends Part {
  /** Whether a scale's weight follows from that scale's output alone. */
  readonly readsOneScale: boolean;

  /**
   * Whether the attention can weigh these scales.
   *
   * @param trained the scales that the model is trained on
   * @throws HmsaError that says which scales it can weigh
   */
  check?(scales: readonly number[], trained: readonly number[], config: Config): void;

  /**
   * @param scopeOf where the attention declares the variables that it uses at a scale: one place for all scales where
   *   the network shares its weights
   * @param outputs from the highest scale to the lowest, two or more
   */
  weigh(scopeOf: (scale: number) => Scope, outputs: readonly ScaleOutput[], config: Config): Weighing;
}
