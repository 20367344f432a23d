import type { Dataset } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import type { Model } from '../../model-file/index.js';
import { Segmenter } from '../../predict/index.js';
import { planPhases } from '../../train/index.js';
import { FileDataset, openDataset } from '../datasets/index.js';
import { openSession } from '../session/index.js';
import { type Evaluation, evaluate } from './evaluate.js';
import type { TrainEvent } from './train-events.js';
import type { TrainRequest } from './train-request.js';

/** The data that scores come from; undefined, with a warning that says so, where the data set has no such split. */
export async function openValidation(
  { data, dataOptions = {}, validationSplit = 'val' }: TrainRequest,
  onEvent: (event: TrainEvent) => void,
): Promise<Dataset | undefined> {
  if (validationSplit === 'none') return undefined;
  try {
    const dataset = await openDataset(data, { ...dataOptions, split: validationSplit });
    requireLabels(dataset, `split ${validationSplit} of ${data}`);
    return dataset;
  } catch (error) {
    if (!(error instanceof HmsaError)) throw error;
    onEvent({ kind: 'warning', what: `no scores while training: ${error.message}` });
    return undefined;
  }
}

/** @throws HmsaError when not one photograph has a label map */
export function requireLabels(dataset: Dataset, what: string): void {
  if (!(dataset instanceof FileDataset)) return;
  if (dataset.parts.items.some(({ label }) => label !== undefined)) return;
  throw new HmsaError({
    operation: what,
    expected: 'photographs with label maps',
    received: `${dataset.length} without one`,
    remedy: 'Name a labelled split.',
  });
}

/**
 * Scores a model as it is after so many steps; images that cannot be read are left out, so that one does not end a long
 * run. While one scale is trained at a time there is no attention yet, so scale 1 stands for the model.
 */
export async function validate(
  model: Model,
  dataset: Dataset,
  { config, session = {} }: TrainRequest,
  after: { readonly step: number; readonly stepsPerEpoch: number },
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const phase = planPhases(config, after.stepsPerEpoch).find(({ to }) => after.step <= to)!.phase;
  const segmenter = new Segmenter(model, openSession, session);
  try {
    return await evaluate(segmenter, dataset, {
      skipBad: true,
      ...(phase.kind === 'scales' ? { scales: [1], combine: 'single' } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    await segmenter.dispose();
  }
}
