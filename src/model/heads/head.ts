import { HmsaError } from '../../base/errors/index.js';
import type { Tensor } from '../../engine/graph/index.js';
import type { Scope } from '../layers/index.js';
import type { Part } from '../registry.js';
import type { Feature } from '../trunks/trunk.js';

/** The output of a head. Its maps may have any size. */
export interface HeadOutput {
  /** Class scores before the softmax, [N, classes, h, w]. */
  readonly logits: Tensor;
  /** Features that an attention may read. */
  readonly features: {
    /** The features with the widest view around each place, at the trunk's deepest stride. */
    readonly context: Feature;
    /** The features with the finest resolution, right before the classifier. */
    readonly fused: Feature;
  };
  /** Class scores of a second classifier, [N, classes, h, w]. Only training uses them. */
  readonly auxiliary?: Tensor;
  /** Whether a resize of the scores to the image keeps the centres of corner pixels in their place; default false. */
  readonly alignCorners?: boolean;
}

/** A network that turns features into class scores. */
export interface Head<Config = never> extends Part {
  /**
   * @param features from shallow to deep, as the trunk gives them
   * @throws HmsaError when the trunk lacks features that the head needs
   */
  build(scope: Scope, features: readonly Feature[], classes: number, config: Config): HeadOutput;

  /**
   * Warnings about settings that work but are probably not intended, one line each.
   *
   * @param features the trunk's features of the smallest training image; all sides are numbers
   */
  doubts?(features: readonly Feature[], config: Config): readonly string[];

  /** The prefix of the head's variables in published weights, such as `aspp.`. */
  readonly pretrained?: { readonly prefix: string };
}

/** The stride of the low-level features that a decoder concatenates with the context. */
const LOW_LEVEL_STRIDE = 4;

/** The features at stride 4. @throws HmsaError that names the head when the trunk has none */
export function lowLevelOf(features: readonly Feature[], head: string): Feature {
  const found = features.find(({ stride }) => stride === LOW_LEVEL_STRIDE);
  if (found !== undefined) return found;
  throw new HmsaError({
    operation: `model, head ${head}`,
    expected: `a trunk with features at stride ${LOW_LEVEL_STRIDE}`,
    received: `features at ${features.map(({ stride }) => stride).join(', ')}`,
    remedy: 'Choose another trunk or another head.',
  });
}
