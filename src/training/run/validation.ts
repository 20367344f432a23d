import type { Dataset } from '../../data/index.js';
import type { Model } from '../../model/file/index.js';
import { Segmenter } from '../../prediction/index.js';
import { planPhases } from '../../training/index.js';
import { openSession } from '../session/index.js';
import { type Evaluation, evaluate } from './evaluate.js';
import type { TrainRequest } from './train-request.js';

/**
 * Scores a model as it is after so many steps. Every image was read before the run; one that can no longer be read is
 * left out and listed, so that it does not end a long run. While one scale is trained at a time there is no attention
 * yet, so scale 1 stands for the model.
 */
export async function validate(
  model: Model,
  dataset: Dataset,
  { config, session = {} }: TrainRequest,
  after: { readonly step: number; readonly stepsPerEpoch: number },
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const phase = planPhases(config, after.stepsPerEpoch).find(({ to }) => after.step <= to)!;
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
