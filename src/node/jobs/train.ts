import { HmsaError } from '../../base/errors/index.js';
import { augmentPresets } from '../../data/augmentation/index.js';
import { classesWithoutPlaces, type Dataset, type Size } from '../../data/index.js';
import type { Model } from '../../model/file/index.js';
import type { ModelConfig } from '../../model/index.js';
import {
  checkPosition,
  checkTraining,
  doubtsAbout,
  type Position,
  runTraining,
  type StepEvent,
  weightsOf,
} from '../../training/index.js';
import { type Loader, openLoader } from '../loader/index.js';
import { openSession } from '../session/index.js';
import type { Evaluation } from './evaluate.js';
import { firstPosition } from './first-position.js';
import { RunFolder } from './run-folder.js';
import {
  changesSince,
  checkContinuation,
  fingerprints,
  markOf,
  newRecord,
  type RunRecord,
  readRecord,
  recordedRequest,
  resumedRequest,
} from './run-record.js';
import { parseSaveEvery, SaveClock } from './save-every.js';
import { checkHooks, Teller, type TrainEvent, type TrainHooks } from './train-events.js';
import {
  checkChanges,
  checkRequest,
  type ResumeChanges,
  type TrainRequest,
  withAbsolutePaths,
} from './train-request.js';
import { openTrainingData } from './training-data.js';
import { typicalSize } from './typical-size.js';
import { validate } from './validation.js';

export interface TrainResult {
  readonly model: Model;
  /** Where the model is: `model.safetensors` of a run that is done, otherwise `interim.safetensors`. */
  readonly file: string;
  readonly interrupted: boolean;
  /** Steps taken so far, and those of the whole run. */
  readonly step: number;
  readonly steps: number;
  /** Those taken by this call alone: none where the run was done before. */
  readonly taken: number;
  /** One line for each image that was left out since the run began or was resumed, which names the file. */
  readonly skipped: readonly string[];
  readonly score?: Evaluation;
}

/** Steps between two lines of `metrics.jsonl`. */
const METRICS_EVERY = 10;

/** How long a step within an epoch may wait to be saved. */
const SAVE_EVERY = '10m';

/**
 * Trains a model on a data set, all phases of the configuration, into a new or empty folder: `model.safetensors`,
 * `run.json`, `metrics.jsonl`, `checkpoints/`.
 *
 * An abort finishes the step in progress and saves; {@link resumeTraining} goes on from there.
 *
 * @throws HmsaError when the folder holds a run or other files or another process works in it, the configuration does
 *   not suit the data, a file cannot be read, or the loss is not finite; what was saved before stays as it is
 */
export async function train(
  request: TrainRequest,
  out: string,
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  checkRequest(request);
  checkHooks(hooks);
  const folder = new RunFolder(out);
  const events = new Teller(hooks.onEvent);
  try {
    await folder.begin(events.warn);
    return await new TrainingRun(withAbsolutePaths(request), folder, undefined, hooks.signal, events).run();
  } finally {
    await folder.unlock();
  }
}

/**
 * Goes on with an interrupted run from its last checkpoint, exactly: for the same versions, processor and thread
 * count the model has the same bits as one whose run was not interrupted.
 *
 * @throws HmsaError when there is no run in the folder, another process works in it, its checkpoint is gone, damaged or
 *   of another run, or its training data are no longer what they were; what it is scored by may change
 */
export async function resumeTraining(
  out: string,
  hooks: TrainHooks = {},
  changes: ResumeChanges = {},
): Promise<TrainResult> {
  checkHooks(hooks);
  checkChanges(changes);
  const folder = new RunFolder(out);
  const events = new Teller(hooks.onEvent);
  // Before the lock: a folder without a run is not written into.
  await readRecord(folder);
  try {
    await folder.lock(events.warn);
    const record = await readRecord(folder);
    const request = withAbsolutePaths(resumedRequest(record, changes));
    return await new TrainingRun(request, folder, record, hooks.signal, events).run();
  } finally {
    await folder.unlock();
  }
}

/** What a run works with, once its data are open. */
interface Opened {
  readonly dataset: Dataset;
  readonly validation: Dataset | undefined;
  readonly model: ModelConfig;
  readonly loader: Loader;
  readonly stepsPerEpoch: number;
  /** One line for each photograph that was left out before the first step. */
  readonly leftOut: readonly string[];
  /** Of the photographs that are learned from; left out where it cannot be told. */
  readonly imageSize: Size | undefined;
}

/** One stretch of a run, from its beginning or its last checkpoint to its end or an abort. */
class TrainingRun {
  readonly #request: TrainRequest;
  readonly #folder: RunFolder;
  readonly #before: RunRecord | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #events: Teller;
  readonly #began = performance.now();
  readonly #started = new Date().toISOString();
  /** Whether there is something that a failure must not take back. */
  #isKept: boolean;
  #record!: RunRecord;
  /** The record as it is in the folder. */
  #written: string | undefined;
  /** Epochs that have their scores. */
  #validated = new Set<number>();
  #score: Evaluation | undefined;
  /** Files that a validation could not read, a line each. */
  readonly #unread = new Set<string>();

  constructor(
    request: TrainRequest,
    folder: RunFolder,
    before: RunRecord | undefined,
    signal: AbortSignal | undefined,
    events: Teller,
  ) {
    this.#request = request;
    this.#folder = folder;
    this.#before = before;
    this.#signal = signal;
    this.#events = events;
    this.#isKept = before !== undefined;
    this.#written = before && JSON.stringify(before);
  }

  async run(): Promise<TrainResult> {
    const { config, session = {} } = this.#request;
    const opened = await this.#open();
    const { loader, model, stepsPerEpoch } = opened;
    try {
      const start = await this.#position(opened);
      await this.#checkNoModel(start.step);
      await this.#events.settled();
      await this.#note(start.step, start.step);
      this.#validated = await this.#folder.rewind(start.step);
      this.#events.tell({ kind: 'planned', config, stepsPerEpoch });
      await this.#events.settled();
      const clock = new SaveClock(parseSaveEvery(this.#request.saveEvery ?? SAVE_EVERY), start.step);
      const last = await runTraining(model, config, start, {
        openSession,
        sessionOptions: session,
        stepsPerEpoch,
        batches: (step) => loader.stream({ from: step * config.accumulate }),
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
        onStep: (event) => this.#step(event, loader),
        isSaveDue: (step) => clock.isDue(step),
        savePosition: async (position) => {
          await this.#save(position, start.step);
          clock.saved(position.step);
        },
        onEpoch: (epoch, position) => this.#epoch(epoch, position, start.step, opened),
      });
      return await this.#finish(last, start.step, opened);
    } catch (error) {
      if (!this.#isKept) await this.#folder.abandon();
      throw error;
    } finally {
      await loader.close();
    }
  }

  /** Opens the data and holds them against the configuration and, where the run goes on, against what they were. */
  async #open(): Promise<Opened> {
    const { config } = this.#request;
    const { tell, warn } = this.#events;
    const data = await openTrainingData(this.#request, tell);
    const model: ModelConfig = { ...config.model, classes: data.classes.names.length };
    checkTraining(model, config);
    for (const what of doubtsAbout(model, config)) warn(what);
    const { dataset, validation, leftOut } = await data.check(this.#signal);
    const imageSize = await typicalSize(dataset);
    const found = await fingerprints(this.#request, dataset, validation);
    for (const what of this.#before === undefined ? [] : changesSince(this.#before, found)) warn(what);
    const loader = await loaderOf(this.#request, dataset, this.#folder, this.#signal, tell);
    try {
      await this.#events.settled();
      const stepsPerEpoch = stepsIn(loader, config.accumulate);
      if (this.#before !== undefined)
        checkContinuation(this.#before, dataset, stepsPerEpoch, this.#folder.record);
      this.#record = this.#before
        ? { ...this.#before, ...recordedRequest(this.#request), fingerprints: found }
        : newRecord(this.#request, dataset, found, stepsPerEpoch);
      return { dataset, validation, model, loader, stepsPerEpoch, leftOut, imageSize };
    } catch (error) {
      await loader.close();
      throw error;
    }
  }

  /** Where the run goes on, or begins. */
  async #position({ model, loader, stepsPerEpoch }: Opened): Promise<Position> {
    const before = this.#before;
    const saved = before && (await this.#folder.readPosition());
    if (before === undefined || saved === undefined) {
      if (before !== undefined && (before.step > 0 || before.finished)) throw this.#checkpointGone(before);
      this.#isKept = false;
      return firstPosition(this.#request, model, loader, this.#events.tell);
    }
    const refuse = (expected: string, received: string): never => {
      throw new HmsaError({
        operation: this.#folder.checkpoint,
        expected,
        received,
        remedy: 'Bring run.json and checkpoints/ back as they were together, or start a new run.',
      });
    };
    // A run of version 0.1 that goes on may have been killed between its checkpoint and its record.
    if (
      saved.run !== undefined &&
      ![before.formerMark, markOf(before), markOf(this.#record)].includes(saved.run)
    )
      refuse('a checkpoint of the configuration and data that run.json tells', 'one of others');
    // A process that was killed may have saved once more than it has noted, within the epoch or at its end.
    const latest = Math.min(before.steps, (Math.floor(before.step / stepsPerEpoch) + 1) * stepsPerEpoch);
    if (saved.step < before.step || saved.step > latest)
      refuse(`a checkpoint of step ${before.step}, as run.json tells`, `one of step ${saved.step}`);
    return checkPosition(model, this.#request.config, stepsPerEpoch, saved, this.#folder.checkpoint);
  }

  /** What is called like the model of a run that is not done is somebody's; version 0.1 called interim ones so, too. */
  async #checkNoModel(step: number): Promise<void> {
    const before = this.#before;
    if (before === undefined || before.formatVersion === undefined || step === before.steps) return;
    if (!(await this.#folder.hasModel())) return;
    throw new HmsaError({
      operation: this.#folder.model,
      expected: `none before step ${before.steps}, at which the run is done`,
      received: 'one that the run has not written',
      remedy: 'Move it to another folder, then resume.',
    });
  }

  #checkpointGone({ finished, step }: RunRecord): HmsaError {
    return new HmsaError({
      operation: this.#folder.checkpoint,
      expected: `the checkpoint of step ${step}, which run.json tells of`,
      received: 'no such file',
      remedy: finished
        ? 'The run is done and its model stays as it is; to train on from it, start another run with --init.'
        : 'Bring it back from a copy, or start a new run.',
    });
  }

  async #step(event: StepEvent, loader: Loader): Promise<void> {
    this.#events.tell({ kind: 'step', waitShare: loader.report.waitShare, ...event });
    await this.#events.settled();
    if (event.step % METRICS_EVERY === 0) await this.#folder.addStep(metricsLine(event));
  }

  async #save(position: Position, from: number): Promise<void> {
    await this.#folder.savePosition(position, markOf(this.#record));
    this.#isKept = true;
    await this.#note(from, position.step);
    this.#events.tell({ kind: 'saved', step: position.step });
    await this.#events.settled();
  }

  /** Scores the model after an epoch, where that is due. */
  async #epoch(epoch: number, position: Position, from: number, opened: Opened): Promise<void> {
    const { step } = position;
    if (!this.#isDue(epoch, step, opened)) return;
    const { stepsPerEpoch, validation } = opened;
    const signal = this.#signal;
    let score: Evaluation;
    try {
      const model = this.#modelAt(position, opened);
      score = await validate(model, validation!, this.#request, { step, stepsPerEpoch }, signal);
    } catch (error) {
      // What an abort cuts off is made up for when the run goes on.
      if (signal?.aborted) return;
      throw error;
    }
    this.#score = score;
    for (const what of score.skipped) {
      if (!this.#unread.has(what)) this.#events.warn(`left out of the score: ${what}`);
      this.#unread.add(what);
    }
    this.#validated.add(epoch);
    await this.#folder.addValidation({ step, epoch, validation: brief(score) });
    await this.#note(from, step, { validation: { epoch, ...brief(score), perClass: score.perClass } });
    this.#events.tell({ kind: 'validation', epoch, score });
    await this.#events.settled();
  }

  #isDue(epoch: number, step: number, { validation }: Opened): boolean {
    const { validateEvery } = this.#request.config;
    const isLast = step === this.#record.steps;
    return (
      validation !== undefined &&
      validateEvery > 0 &&
      !this.#validated.has(epoch) &&
      ((epoch + 1) % validateEvery === 0 || isLast)
    );
  }

  async #finish(last: Position, from: number, opened: Opened): Promise<TrainResult> {
    const { loader, stepsPerEpoch } = opened;
    const { steps } = this.#record;
    const { step } = last;
    const interrupted = step < steps || this.#isDue(steps / stepsPerEpoch - 1, step, opened);
    const model = this.#modelAt(last, opened);
    if (interrupted) await this.#folder.saveInterim(model);
    else if (!this.#before?.finished || !(await this.#folder.hasModel())) await this.#folder.saveModel(model);
    const { waitShare, skipped } = loader.report;
    const isIdle = step === from;
    await this.#note(from, step, {
      finished: !interrupted,
      ...(isIdle
        ? {}
        : { loader: { waitShare, skipped }, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 }),
    });
    return {
      model,
      file: interrupted ? this.#folder.interim : this.#folder.model,
      interrupted,
      step,
      steps,
      taken: step - from,
      skipped: [...opened.leftOut, ...skipped.map(({ message }) => message), ...this.#unread],
      ...(this.#score === undefined ? {} : { score: this.#score }),
    };
  }

  /** The model as it is scored and saved: of averaged weights where the configuration keeps them. */
  #modelAt({ values }: Position, { model, dataset, imageSize }: Opened): Model {
    return {
      config: model,
      classes: dataset.classes,
      ...(imageSize && { imageSize }),
      weights: weightsOf(model, values, { average: this.#request.config.ema !== undefined }),
    };
  }

  /** Keeps the record of the run so far. */
  async #note(from: number, step: number, more: Partial<RunRecord> = {}): Promise<void> {
    const earlier = this.#before?.parts ?? [];
    const seconds = (performance.now() - this.#began) / 1000;
    const part = { from, to: step, started: this.#started, seconds };
    this.#record = { ...this.#record, ...more, step, parts: from < step ? [...earlier, part] : earlier };
    const text = JSON.stringify(this.#record);
    if (text === this.#written) return;
    await this.#folder.writeRun(this.#record);
    this.#written = text;
  }
}

/** @throws HmsaError when a step would take the data of several epochs */
function stepsIn(loader: Loader, accumulate: number): number {
  const batches = loader.batchesPerEpoch;
  if (accumulate > batches) {
    throw new HmsaError({
      operation: 'config, accumulate',
      expected: `at most ${batches}, the batches of an epoch`,
      received: String(accumulate),
      remedy: 'Lower accumulate or batch.',
    });
  }
  return Math.floor(batches / accumulate);
}

/** Opening it can take a while, and an abort ends that; later ones are for the training to act on, between steps. */
async function loaderOf(
  { config, workers, skipBad = false }: TrainRequest,
  dataset: Dataset,
  folder: RunFolder,
  signal: AbortSignal | undefined,
  onEvent: (event: TrainEvent) => void,
): Promise<Loader> {
  const opening = new AbortController();
  const stop = () => opening.abort(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    const loader = await openLoader(dataset, {
      batchSize: config.batch,
      skipBad,
      seed: config.seed,
      augment: augmentPresets[config.augment]({ height: config.crop[0], width: config.crop[1] }),
      ...(config.classUniform > 0
        ? { sampling: 'class-uniform' as const, uniformShare: config.classUniform, cache: folder.path }
        : {}),
      ...(workers === undefined ? {} : { workers }),
      signal: opening.signal,
      onIndexing: (done, total) => {
        if (done === 1)
          onEvent({ kind: 'preparing', what: `looking for the classes in ${total} label maps` });
      },
    });
    const absent = loader.classIndex === undefined ? [] : classesWithoutPlaces(loader.classIndex);
    if (absent.length > 0) {
      const names = absent.map((id) => dataset.classes.names[id]).join(', ');
      onEvent({ kind: 'warning', what: `no crop can be centred on ${names}: the training data have none` });
    }
    return loader;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function metricsLine({ step, epoch, phase, loss, gradientNorm, learningRate, scale, metrics }: StepEvent) {
  return { step, epoch, phase: phase.phase.kind, loss, gradientNorm, learningRate, scale, ...metrics };
}

function brief({ meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine, skipped }: Evaluation) {
  return { meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine, skipped };
}
