import { checkNamed } from '../../base/schema/index.js';
import { defaultSplits, describeLearned, type TakenData, takenData } from '../../data/assessment/index.js';
import {
  checkEvaluateOptions,
  type EvaluateOptions,
  hasClassesOf,
  scoredClasses,
} from '../../evaluation/index.js';
import { leastSide } from '../../model/index.js';
import { checkSegmenter, type Segmenter } from '../../prediction/index.js';
import { assess, openSource } from '../assess.js';
import { type OpenOptions, openOptionsShape } from '../datasets/index.js';

/** The data to score a model on. Every file is checked before the first image is labelled. */
export interface ScoringData extends TakenData {
  /** A warning, in one line, if the model has the classes of the set and so may have been trained on it. */
  readonly doubt?: string;
}

/**
 * Opens a split to score a model on; see {@link evaluate}. Default: `val`.
 *
 * @param data `KIND:PATH`
 * @throws HmsaError when it does not exist, the classes have nothing in common, something in it has faults and
 *   `skipBad` is not set, or nothing is left
 */
export async function openScoringData(
  segmenter: Segmenter,
  data: string,
  open: OpenOptions,
  options: EvaluateOptions = {},
): Promise<ScoringData> {
  checkSegmenter(segmenter, 'openScoringData');
  checkNamed(openOptionsShape, open, 'openScoringData');
  checkEvaluateOptions(options);
  const { split = defaultSplits.scoring } = open;
  const { scales: wanted, combine, adaptive, skipBad, onProgress, signal } = options;
  const source = await openSource(data, open);
  scoredClasses(segmenter.classes, source.classes);
  const { scales } = await segmenter.prepare({
    ...(wanted && { scales: wanted }),
    ...(combine && { combine }),
    ...(adaptive !== undefined && { adaptive }),
  });
  const least = leastSide(segmenter.model.config, scales);
  const assessed = await assess(
    source,
    split,
    { for: 'scoring', leastSide: least },
    { ...(skipBad && { skipBad }), ...(onProgress && { onProgress }), ...(signal && { signal }) },
  );
  const doubt = hasClassesOf(segmenter.classes, source.classes)
    ? await describeLearned(source, assessed)
    : undefined;
  return { ...takenData('scoring on', source, assessed), ...(doubt !== undefined && { doubt }) };
}
