import type { Tensor } from '../../graph/index.js';
import type { Scope } from '../../nn/index.js';
import type { Part } from '../registry.js';

/** What a trunk sees of an image at one depth. */
export interface Feature {
  /** [N, channels, ⌈H / stride⌉, ⌈W / stride⌉] */
  readonly tensor: Tensor;
  /** How many pixels of the image one of its cells stands for, along each side. */
  readonly stride: number;
}

/** A network that turns an image into features. */
export interface Trunk<Config = never> extends Part {
  /** The shorter side, in pixels, below which the deepest features are a single cell, most of it padding. */
  smallestSide(config: Config): number;

  /**
   * @param image [N, 3, H, W], pixels normalised
   * @returns features from shallow to deep, one or more; what no head reads costs nothing
   */
  build(scope: Scope, image: Tensor, config: Config): readonly Feature[];

  /** How published weights name the trunk's variables, where there are any that fit. */
  readonly pretrained?: {
    /** Whose names they are, and one of them: `torchvision's MobileNetV2`, `features.0.0.weight`. */
    readonly source: string;
    readonly example: string;
  };
}
