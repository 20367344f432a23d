import type { Tensor } from '../../engine/graph/index.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import { type CrossEntropyOptions, crossEntropy } from './cross-entropy.js';
import type { LossConfig } from './loss-config.js';
import { regionMutualInformation } from './region-mutual-information.js';

/** What a configuration says about the losses of one training step. */
export interface LossOptions extends Partial<Omit<LossConfig, 'perScale' | 'auxiliary'>> {
  /** Default: 1 for every class. */
  readonly classWeights?: readonly number[] | 'equal';
}

/** The losses of logits [N, C, H, W], as scalars. */
export interface TrainingLosses {
  /** Of the combined prediction. */
  readonly main: (logits: Tensor) => Tensor;
  /** Of a scale's own logits, or of a second classifier: the same, but never RMI. */
  readonly supporting: (logits: Tensor) => Tensor;
}

/**
 * The losses that a configuration describes.
 *
 * @param labels train ids [N, H, W]; 255 is void
 */
export function trainingLosses(labels: Tensor, options: LossOptions): TrainingLosses {
  const { main = 'crossEntropy', rmi, classWeights = 'equal', ...rest } = options;
  if (main === 'rmi') {
    return {
      main: (logits) => regionMutualInformation(logits, labels, rmi),
      supporting: (logits) => binaryCrossEntropy(logits, labels),
    };
  }
  const settings = classWeights === 'equal' ? rest : { ...rest, classWeights };
  const loss = (logits: Tensor) => crossEntropy(logits, labels, settings as CrossEntropyOptions);
  return { main: loss, supporting: loss };
}
