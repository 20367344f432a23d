import { HmsaError } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import { type Evaluation, evaluate } from '../../evaluation/index.js';
import type { Model } from '../../model/file/index.js';
import { Segmenter, type SegmentOptions } from '../../prediction/index.js';
import type { Checkpoint } from '../checkpoint.js';
import type { PhaseKind } from '../config.js';
import { planPhases, withEnd } from '../plan.js';
import { earlyStopOf, isBetter, type Scored, waiting } from './best.js';
import type { Example } from './events.js';
import type { OpenedRun, RunSetup } from './open-run.js';
import type { RunLog } from './run-log.js';
import type { RunModels } from './run-models.js';

/** Scores the models of a run after its epochs, keeps the best one, and ends phases that no longer improve. */
export class Validation {
  readonly #setup: RunSetup;
  readonly #opened: OpenedRun;
  readonly #log: RunLog;
  readonly #models: RunModels;
  #score: Evaluation | undefined;
  readonly #unread = new Set<string>();

  constructor(setup: RunSetup, opened: OpenedRun, log: RunLog, models: RunModels) {
    this.#setup = setup;
    this.#opened = opened;
    this.#log = log;
    this.#models = models;
  }

  /** The last scores of this part of the run. */
  get score(): Evaluation | undefined {
    return this.#score;
  }

  /** One line for each image that a validation could not read. */
  get unread(): Iterable<string> {
    return this.#unread;
  }

  /** Whether the model is scored after an epoch, which ends after so many steps. */
  isDue(epoch: number, step: number): boolean {
    const { validateEvery } = this.#setup.request.config;
    const isLast = step === this.#log.record.steps;
    return (
      this.#opened.validation !== undefined &&
      validateEvery > 0 &&
      epoch > this.#log.validated &&
      ((epoch + 1) % validateEvery === 0 || isLast)
    );
  }

  /** Scores the model after an epoch, if that is due, and says whether the phase ends with it. */
  async afterEpoch(epoch: number, checkpoint: Checkpoint): Promise<'endPhase' | undefined> {
    const { files, events, signal } = this.#setup;
    const { step } = checkpoint;
    if (!this.isDue(epoch, step)) {
      await this.#rewriteBest(checkpoint);
      return undefined;
    }
    let model: Model;
    let scored: Awaited<ReturnType<typeof scoreModel>>;
    try {
      model = await this.#models.finished(checkpoint, { signal });
      scored = await scoreModel(model, this.#opened, this.#log.phaseAt(step).kind, this.#setup);
    } catch (error) {
      // A validation that an abort ended is repeated when the run is resumed.
      if (signal?.aborted) return undefined;
      throw error;
    }
    const { score, examples } = scored;
    this.#score = score;
    this.#warnOfUnread(score.skipped);
    await files.addMetrics({ step, epoch, validation: brief(score) });
    const { isBest, ended } = await this.#decide(epoch, step, score);
    if (isBest) await files.writeBest(model);
    const { classes } = this.#opened;
    events.tell({ kind: 'validation', epoch, step, score, isBest, classes, examples });
    if (ended !== undefined) events.tell({ kind: 'endedEarly', epoch, ...ended });
    await events.settled();
    return ended && 'endPhase';
  }

  /** A process may have been killed between noting the best model and writing it. */
  async #rewriteBest(checkpoint: Checkpoint): Promise<void> {
    const { best, finished } = this.#log.record;
    if (best?.step !== checkpoint.step || finished) return;
    await this.#setup.files.writeBest(await this.#models.finished(checkpoint));
  }

  #warnOfUnread(images: readonly string[]): void {
    for (const what of images) {
      if (!this.#unread.has(what)) this.#setup.events.warn(`left out of the score: ${what}`);
      this.#unread.add(what);
    }
  }

  /**
   * Whether the model is the best so far, and whether its phase ends here. One record holds both, so that a run which is
   * killed and resumed decides the same.
   */
  async #decide(epoch: number, step: number, score: Evaluation) {
    const { config } = this.#setup.request;
    const { stepsPerEpoch } = this.#opened;
    const { earlyEnds = [], best, waiting: mark } = this.#log.record;
    const phase = this.#log.phaseAt(step);
    const { meanIoU, scales, combine } = score;
    const scored: Scored = { epoch, step, meanIoU, scales, combine };
    const isBest = isBetter(scored, best);
    const rule = earlyStopOf(config, phase);
    const wait = rule && waiting(rule, mark, phase.index, scored);
    const ends = wait?.isOver ? withEnd(earlyEnds, phase, step, stepsPerEpoch) : earlyEnds;
    const isEnded = ends !== earlyEnds;
    await this.#log.note(step, {
      validation: { epoch, ...brief(score), perClass: score.perClass },
      ...(isBest && { best: scored }),
      ...(wait && { waiting: wait.mark }),
      ...(isEnded && { earlyEnds: ends, steps: planPhases(config, stepsPerEpoch, ends).at(-1)!.to }),
    });
    return { isBest, ended: isEnded ? { phase, since: wait!.mark.epoch, ends } : undefined };
  }
}

/**
 * Scores the model that a phase has trained. Every image could be read before the run. An image that can no longer be read
 * is left out and listed, so that it does not end a long run. In the phase `scales` the attention is not trained yet,
 * so the model is scored at scale 1 alone, or at its only scale.
 */
async function scoreModel(
  model: Model,
  { validation, memory }: OpenedRun,
  kind: PhaseKind,
  { request, platform, signal, examples }: RunSetup,
): Promise<{ readonly score: Evaluation; readonly examples: readonly Example[] }> {
  const dataset = validation!;
  const segmenter = new Segmenter(model, platform.openSession, {
    ...request.session,
    ...(memory && { memoryLimit: memory.validationLimit }),
  });
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

function brief({ meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine, skipped }: Evaluation) {
  return { meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine, skipped };
}
