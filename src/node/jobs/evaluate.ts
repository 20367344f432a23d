import type { Dataset } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import { type Score, Scorer } from '../../evaluate/index.js';
import { type Combination, checkedScales } from '../../models/index.js';
import type { Segmenter } from '../../predict/index.js';

export interface EvaluateOptions {
  /** The model's own where left out. */
  readonly scales?: readonly number[];
  /** `hierarchical` where left out. */
  readonly combine?: Combination;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What an evaluation found; fractions 0 … 1. */
export interface Evaluation extends Score {
  readonly scales: readonly number[];
  readonly combine: Combination;
  /** From the first image to the last, reading included. */
  readonly seconds: number;
  readonly peakMemoryBytes: number;
}

/**
 * Scores a model on every labelled image of a data set, each at its own size.
 *
 * @throws HmsaError when the classes differ, an image has no label, or a file cannot be read
 */
export async function evaluate(
  segmenter: Segmenter,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { combine = 'hierarchical', signal, onProgress } = options;
  const { model } = segmenter;
  const scales = checkedScales(model.config, { scales: options.scales ?? model.config.scales, combine });
  if (dataset.classes.names.length !== model.classes.names.length) {
    throw new HmsaError({
      operation: 'evaluate',
      expected: `the model's ${model.classes.names.length} classes (${model.classes.names.join(', ')})`,
      received: `${dataset.classes.names.length} (${dataset.classes.names.join(', ')})`,
      remedy: 'Evaluate on the kind of data that the model was trained on.',
    });
  }
  const scorer = new Scorer(dataset.classes);
  const started = performance.now();
  for (let index = 0; index < dataset.length; index++) {
    signal?.throwIfAborted();
    const { image, label, width, height, id } = await dataset.get(index);
    if (label === undefined) {
      throw new HmsaError({
        operation: id,
        expected: 'a label map to evaluate by',
        received: 'none',
        remedy: 'Evaluate a labelled split.',
      });
    }
    const { labels } = await segmenter.segment({ data: image, width, height }, { scales, combine });
    scorer.add(labels, label);
    onProgress?.(index + 1, dataset.length);
  }
  return {
    ...scorer.score,
    scales,
    combine,
    seconds: (performance.now() - started) / 1000,
    peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
  };
}
