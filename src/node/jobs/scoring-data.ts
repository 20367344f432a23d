import type { Dataset } from '../../data/index.js';
import { leastSide } from '../../models/index.js';
import type { Segmenter } from '../../predict/index.js';
import {
  assess,
  defaultSplits,
  describeIdle,
  describeTaken,
  namesPassedOver,
  openSource,
} from '../assess/index.js';
import type { OpenOptions } from '../datasets/index.js';
import { type EvaluateOptions, scoredClasses } from './evaluate.js';

/** What a model is scored by, every file of it checked before the first image is labelled. */
export interface ScoringData {
  readonly dataset: Dataset;
  /** One line that says what is scored. */
  readonly taken: string;
  /** What is passed over although nobody asked for it, a line a kind. */
  readonly warnings: readonly string[];
  /** One line for each photograph that was left out on `skipBad`, which names the file. */
  readonly leftOut: readonly string[];
}

/**
 * Opens a split, `val` where none is named, to score a model by; see {@link evaluate}.
 *
 * @param data `KIND:PATH`
 * @throws HmsaError when it is not there, the classes have nothing in common, something in it has faults and `skipBad` is
 *   not set, or nothing is left
 */
export async function openScoringData(
  segmenter: Segmenter,
  data: string,
  { split = defaultSplits.scoring, ...open }: OpenOptions,
  { scales: wanted, combine, skipBad, onProgress, signal }: EvaluateOptions = {},
): Promise<ScoringData> {
  const source = await openSource(data, open);
  scoredClasses(segmenter.model.classes, source.classes);
  const { scales } = await segmenter.prepare({
    ...(wanted && { scales: wanted }),
    ...(combine && { combine }),
  });
  const least = leastSide(segmenter.model.config, scales);
  const assessed = await assess(
    source,
    split,
    { for: 'scoring', leastSide: least },
    { ...(skipBad && { skipBad }), ...(onProgress && { onProgress }), ...(signal && { signal }) },
  );
  return {
    dataset: assessed.dataset,
    taken: describeTaken('scoring on', source, assessed),
    warnings: describeIdle(assessed, namesPassedOver(source, split, true)),
    leftOut: assessed.leftOut,
  };
}
