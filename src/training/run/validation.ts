import type { Dataset } from '../../data/index.js';
import { type Evaluation, evaluate } from '../../evaluation/index.js';
import type { Model } from '../../model/file/index.js';
import { Segmenter } from '../../prediction/index.js';
import type { PhaseKind } from '../config.js';
import type { OpenSession } from '../phase-runner.js';
import type { RunRequest } from './request.js';

/**
 * Scores the model that a phase has trained. Every image could be read before the run. An image that can no longer be read
 * is left out and listed, so that it does not end a long run. In the phase `scales` the attention is not trained yet,
 * so the model is scored at scale 1 alone.
 */
export async function validate(
  model: Model,
  dataset: Dataset,
  kind: PhaseKind,
  { session = {} }: RunRequest,
  openSession: OpenSession,
  signal: AbortSignal | undefined,
): Promise<Evaluation> {
  const segmenter = new Segmenter(model, openSession, session);
  try {
    return await evaluate(segmenter, dataset, {
      skipBad: true,
      ...(kind === 'scales' ? { scales: [1], combine: 'single' } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
  } finally {
    await segmenter.dispose();
  }
}
