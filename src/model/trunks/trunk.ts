import type { Tensor } from '../../engine/graph/index.js';
import type { Scope } from '../layers/index.js';
import type { Part } from '../registry.js';

/** The output of a trunk at one depth. */
export interface Feature {
  /** [N, channels, ⌈H / stride⌉, ⌈W / stride⌉] */
  readonly tensor: Tensor;
  /** Image pixels, along each side, for one cell of the tensor. */
  readonly stride: number;
}

/** A network that turns an image into features. */
export interface Trunk<Config = never> extends Part {
  /** The shorter side of an image, in pixels, below which the deepest features are a single cell that reads mostly padding. */
  smallestSide(config: Config): number;

  /** A whole configuration to begin with: what `hmsa train --trunk NAME` takes. */
  readonly standard?: Config;

  /**
   * Warnings about images that work but are probably too small, one line each.
   *
   * @param size height and width of the smallest training image, in pixels
   */
  doubts?(size: readonly [height: number, width: number], config: Config): readonly string[];

  /**
   * @param image [N, 3, H, W], pixels normalised
   * @returns one or more features, from shallow to deep; a feature that nothing reads costs nothing
   */
  build(scope: Scope, image: Tensor, config: Config): readonly Feature[];

  /** The published weights that fit the trunk, if there are any. Errors about `--init` name them. */
  readonly pretrained?: {
    /** Whose weights they are, and the name of one of them: `torchvision's MobileNetV2`, `features.0.0.weight`. */
    readonly source: string;
    readonly example: string;
  };
}
