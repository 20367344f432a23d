import type { Dataset } from '../../data/index.js';
import {
  type EvaluateOptions,
  evaluate as evaluateModel,
  type Evaluation as ModelEvaluation,
} from '../../evaluation/index.js';
import type { Segmenter } from '../../prediction/index.js';
import { peakMemory } from '../peak-memory.js';

/** The result of an evaluation, and the memory of this process. */
export interface Evaluation extends ModelEvaluation {
  /** The largest memory of the process so far, in bytes. */
  readonly peakMemoryBytes: number;
}

/**
 * Scores a model on every labelled image of a data set; see `evaluate` of `hmsa`.
 *
 * @throws HmsaError when the classes have nothing in common, an image has no label or is too small, or a file cannot be
 *   read
 */
export async function evaluate(
  segmenter: Segmenter,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  return { ...(await evaluateModel(segmenter, dataset, options)), peakMemoryBytes: peakMemory() };
}
