import type { TrainEvent } from '../../training/run/index.js';
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
import { type MoreRequest, mixed, moreShape, openMoreData } from '../jobs/index.js';

/** Options of {@link openPreviewData}. */
export interface PreviewDataOptions
  extends AssessOptions,
    Pick<MoreRequest, 'moreData' | 'samplesPerEpoch'> {}

/** What training would use of a data set. */
export type PreviewData = TakenData;

/**
 * Opens a split, and further sets, and checks them as training does. Default: `train`.
 *
 * @throws HmsaError as training does
 */
export async function openPreviewData(
  data: string,
  open: OpenOptions,
  options: PreviewDataOptions = {},
): Promise<PreviewData> {
  checkNamed(openOptionsShape, open, 'openPreviewData');
  checkNamed({ ...assessOptionsShape, ...moreShape }, options, 'openPreviewData');
  const { moreData, samplesPerEpoch, ...assessing } = options;
  const source = await openSource(data, open);
  if (open.split === undefined) await openDefaultTraining(source);
  // Crops of small photographs are padded.
  const use = { for: 'training', leastSide: 1 } as const;
  const assessed = await assess(source, open.split ?? defaultSplits.training, use, assessing);
  const first = takenData('showing crops of', source, assessed);
  if (moreData === undefined) return first;
  const { skipBad = false, signal } = assessing;
  const taken = [first.taken];
  const warnings = [...first.warnings];
  const tell = (event: TrainEvent) => {
    if (event.kind === 'preparing') taken.push(event.what);
    if (event.kind === 'warning') warnings.push(event.what);
  };
  const request = { moreData, skipBad, ...(samplesPerEpoch !== undefined && { samplesPerEpoch }) };
  const leftOut = [...first.leftOut];
  const others: Parameters<typeof mixed>[1][number][] = [];
  for (const { name, share, check } of await openMoreData(request, source.classes, tell)) {
    const checked = await check(signal);
    leftOut.push(...checked.leftOut);
    others.push({ name, share, dataset: checked.dataset });
  }
  const dataset = mixed({ name: data, dataset: first.dataset }, others, request, tell);
  return { dataset, taken: taken.join('\n'), warnings, leftOut };
}
