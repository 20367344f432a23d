import { checkNamed } from '../arguments/index.js';
import {
  type AssessOptions,
  assess,
  assessOptionsShape,
  defaultSplits,
  openDefaultTraining,
  openSource,
  type TakenData,
  takenData,
} from '../assess/index.js';
import { type OpenOptions, openOptionsShape } from '../datasets/index.js';

/** What training would use of a data set. */
export type PreviewData = TakenData;

/**
 * Opens a split and checks it as training does. Default: `train`.
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
  const source = await openSource(data, open);
  if (open.split === undefined) await openDefaultTraining(source);
  // Crops of small photographs are padded.
  const use = { for: 'training', leastSide: 1 } as const;
  const assessed = await assess(source, open.split ?? defaultSplits.training, use, options);
  return takenData('showing crops of', source, assessed);
}
