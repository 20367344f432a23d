import type { Dataset } from '../../data/index.js';
import { type Evaluation, evaluate } from '../../evaluation/index.js';
import type { Model } from '../../model/file/index.js';
import { Segmenter } from '../../prediction/index.js';
import type { OpenSession } from '../phase-runner.js';
import { planPhases } from '../plan.js';
import type { RunRequest } from './request.js';

/**
 * Scores a model after a number of steps. Every image could be read before the run. An image that can no longer be read
 * is left out and listed, so that it does not end a long run. In the phase `scales` the attention is not trained yet,
 * so the model is scored at scale 1 alone, or at its only scale.
 */
export async function validate(
  model: Model,
  dataset: Dataset,
  { config, session = {} }: RunRequest,
  openSession: OpenSession,
  after: { readonly step: number; readonly stepsPerEpoch: number },
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const phase = planPhases(config, after.stepsPerEpoch).find(({ to }) => after.step <= to)!;
  const [only] = model.config.scales.length === 1 ? model.config.scales : [1];
  const segmenter = new Segmenter(model, openSession, session);
  try {
    return await evaluate(segmenter, dataset, {
      skipBad: true,
      ...(phase.kind === 'scales' ? { scales: [only!], combine: 'single' } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    await segmenter.dispose();
  }
}
