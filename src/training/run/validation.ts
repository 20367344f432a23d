import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import type { Dataset } from '../../data/index.js';
import { type Evaluation, evaluate } from '../../evaluation/index.js';
import type { Model } from '../../model/file/index.js';
import { type Segmentation, Segmenter, type SegmentOptions } from '../../prediction/index.js';
import type { PhaseKind } from '../config.js';
import type { OpenSession } from '../phase-runner.js';
import type { RunRequest } from './request.js';

/** A labelled photograph of the validation data, and what the model makes of it. */
export interface Example {
  readonly id: string;
  readonly photo: Pixels;
  /** Train ids, H·W. */
  readonly label: Uint8Array;
  /** With the attention of each scale, if the model has been scored with several. */
  readonly segmentation: Segmentation;
}

/**
 * Scores the model that a phase has trained. Every image could be read before the run. An image that can no longer be read
 * is left out and listed, so that it does not end a long run. In the phase `scales` the attention is not trained yet,
 * so the model is scored at scale 1 alone, or at its only scale.
 *
 * @param examples of how many images, the first ones, to give the prediction too
 */
export async function validate(
  model: Model,
  dataset: Dataset,
  kind: PhaseKind,
  { session = {} }: RunRequest,
  openSession: OpenSession,
  signal: AbortSignal | undefined,
  examples: number,
): Promise<{ readonly score: Evaluation; readonly examples: readonly Example[] }> {
  const segmenter = new Segmenter(model, openSession, session);
  try {
    const [only] = model.config.scales.length === 1 ? model.config.scales : [1];
    const choice = kind === 'scales' ? ({ scales: [only!], combine: 'single' } as const) : {};
    const score = await evaluate(segmenter, dataset, {
      skipBad: true,
      ...choice,
      ...(signal === undefined ? {} : { signal }),
    });
    return { score, examples: await examplesOf(segmenter, dataset, choice, examples) };
  } finally {
    await segmenter.dispose();
  }
}

async function examplesOf(
  segmenter: Segmenter,
  dataset: Dataset,
  choice: SegmentOptions,
  count: number,
): Promise<Example[]> {
  const found: Example[] = [];
  for (let index = 0; index < Math.min(count, dataset.length); index++) {
    try {
      const { id, image, label, width, height } = await dataset.get(index);
      if (label === undefined) continue;
      const photo = { data: image, width, height };
      found.push({
        id,
        photo,
        label,
        segmentation: await segmenter.segment(photo, { ...choice, details: true }),
      });
    } catch (error) {
      // The score has listed it.
      if (!(error instanceof HmsaError)) throw error;
    }
  }
  return found;
}
