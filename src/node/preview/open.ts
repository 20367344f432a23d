import type { Dataset } from '../../data/index.js';
import { checkNamed } from '../arguments/index.js';
import {
  type AssessOptions,
  assess,
  assessOptionsShape,
  defaultSplits,
  describeIdle,
  describeTaken,
  namesPassedOver,
  openDefaultTraining,
  openSource,
} from '../assess/index.js';
import { type OpenOptions, openOptionsShape } from '../datasets/index.js';

/** What training would take of a data set. */
export interface PreviewData {
  readonly dataset: Dataset;
  /** One line that says what is shown. */
  readonly taken: string;
  /** What is passed over although nobody asked for it, a line a kind. */
  readonly warnings: readonly string[];
  /** One line for each photograph that was left out on `skipBad`, which names the file. */
  readonly leftOut: readonly string[];
}

/**
 * Opens a split, `train` where none is named, and checks it as training does.
 *
 * @throws HmsaError as training does
 */
export async function openPreviewData(
  data: string,
  open: OpenOptions,
  options: AssessOptions = {},
): Promise<PreviewData> {
  checkNamed(openOptionsShape, open, 'openPreviewData');
  checkNamed(assessOptionsShape, options, 'openPreviewData');
  const { split } = open;
  const source = await openSource(data, open);
  if (split === undefined) await openDefaultTraining(source);
  // Crops of a photograph that is small are filled up.
  const use = { for: 'training', leastSide: 1 } as const;
  const assessed = await assess(source, split ?? defaultSplits.training, use, options);
  const { dataset, leftOut } = assessed;
  const passedOver = namesPassedOver(source, assessed.split, true);
  const taken = describeTaken('showing crops of', source, assessed);
  return { dataset, taken, leftOut, warnings: describeIdle(assessed, passedOver) };
}
