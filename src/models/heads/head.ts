import type { Tensor } from '../../graph/index.js';
import type { Scope } from '../../nn/index.js';
import type { Part } from '../registry.js';
import type { Feature } from '../trunks/trunk.js';

/** What a head makes of a trunk's features, at sizes of its own. */
export interface HeadOutput {
  /** Class scores before the softmax, [N, classes, h, w]. */
  readonly logits: Tensor;
  /** What an attention may start from. */
  readonly features: {
    /** The widest view: what the head has gathered from around each place, at the trunk's deepest stride. */
    readonly context: Feature;
    /** The finest view: features right before the classifier. */
    readonly fused: Feature;
  };
  /** Class scores of a second classifier that training alone looks at, [N, classes, h, w]. */
  readonly auxiliary?: Tensor;
}

/** A network that turns features into class scores. */
export interface Head<Config = never> extends Part {
  /**
   * @param features from shallow to deep, as the trunk gives them
   * @throws HmsaError when the trunk lacks features that the head needs
   */
  build(scope: Scope, features: readonly Feature[], classes: number, config: Config): HeadOutput;

  /**
   * What works and was hardly meant, a line each.
   *
   * @param features what the trunk gives for the smallest image that the model learns from; all sides are numbers
   */
  doubts?(features: readonly Feature[], config: Config): readonly string[];

  /** How published weights name the head's variables: what their names begin with, such as `aspp.`. */
  readonly pretrained?: { readonly prefix: string };
}
