import { checkArgument } from '../../base/errors/index.js';
import type { Evaluation } from '../../evaluation/index.js';
import type { Model } from '../../model/file/index.js';
import { parseBytes } from '../bytes.js';
import type { Checkpoint } from '../checkpoint.js';
import type { EarlyEnd } from '../plan.js';
import { runTraining, type StepEvent } from '../training.js';
import { memoryScratch, type OpenScratch } from '../viewed-batches.js';
import type { Scored } from './best.js';
import { checkHooks, Teller, type TrainHooks } from './events.js';
import { firstCheckpoint, readInit } from './first-checkpoint.js';
import { type OpenedRun, openRun, type RunSetup } from './open-run.js';
import { checkPlaces, type RunPlatform } from './platform.js';
import { markOf, type RunRecord, readRecord } from './record.js';
import { checkRunRequest, type RunRequest } from './request.js';
import { checkNoModel, resumedRequest, savedCheckpoint } from './resume.js';
import { RunFiles, type RunStore } from './run-files.js';
import { RunLog } from './run-log.js';
import { RunModels } from './run-models.js';
import { parseSaveEvery, SaveClock } from './save-every.js';
import { Validation } from './validation.js';

export interface TrainResult {
  readonly model: Model;
  /** The model file, as the store names it: the final model of a finished run, otherwise the interim model. */
  readonly file: string;
  readonly interrupted: boolean;
  /** Steps of the run so far, and in all. */
  readonly step: number;
  readonly steps: number;
  /** Steps that this call took; 0 if the run was already finished. */
  readonly taken: number;
  /** A line for each image that was left out since the run began or was resumed. It names the file. */
  readonly skipped: readonly string[];
  readonly score?: Evaluation;
  /** The model with the best validation, and its file. It may be that of an earlier step than `model`. */
  readonly best?: Scored & { readonly file: string };
  /** The phases that ended early. */
  readonly earlyEnds: readonly EarlyEnd[];
  /** Bytes of memory that the process took at most, and the prediction before the first step; undefined if unknown. */
  readonly memory?: { readonly peak: number; readonly predicted: number };
}

/** Steps between two lines of the metrics. A shorter phase than a hundred steps has a line for each, so that its curves show it. */
const METRICS_EVERY = 10;
const SHORT_PHASE = 100;

/** The longest time between saves within an epoch. */
const SAVE_EVERY = '10m';

/**
 * Trains a model, all phases of the configuration, and keeps the run in a store. An abort finishes the current step and
 * saves. {@link resumeRun} continues from there.
 *
 * @throws HmsaError when the store holds a run or another process uses it, the configuration does not fit the data, a
 *   file cannot be read, or the loss is not finite; what was saved before does not change
 */
export async function beginRun(
  request: RunRequest,
  store: RunStore,
  platform: RunPlatform,
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  checkPlaces('beginRun', store, platform);
  checkRunRequest(request, platform.requestShape);
  checkHooks(hooks);
  const events = new Teller(hooks.onEvent);
  if (request.init !== undefined) await readInit(request.init, platform, request.initEntry);
  try {
    await store.begin(events.warn);
    return await TrainingRun.run(setupOf(request, store, platform, undefined, hooks, events));
  } finally {
    await store.unlock();
  }
}

/**
 * Resumes an interrupted run from its last checkpoint, exactly: with the same versions, processor and thread count, the
 * model has the same bits as without the interruption.
 *
 * @param requestOf makes the request to continue with from the record; default: `resumedRequest`
 * @throws HmsaError when the store holds no run, another process uses it, its checkpoint is missing, damaged or of
 *   another run, or its training data have changed. The validation data may change
 */
export async function resumeRun(
  store: RunStore,
  platform: RunPlatform,
  hooks: TrainHooks = {},
  requestOf: (record: RunRecord) => RunRequest = (record) => resumedRequest(record),
): Promise<TrainResult> {
  checkPlaces('resumeRun', store, platform);
  checkHooks(hooks);
  checkArgument(typeof requestOf === 'function', 'resumeRun, requestOf', 'a function', requestOf);
  const events = new Teller(hooks.onEvent);
  const read = () => readRecord(new RunFiles(store), platform.requestShape);
  // Before the lock, so that nothing is written to a place without a run.
  await read();
  try {
    await store.lock(events.warn);
    const record = await read();
    return await TrainingRun.run(setupOf(requestOf(record), store, platform, record, hooks, events));
  } finally {
    await store.unlock();
  }
}

function setupOf(
  request: RunRequest,
  store: RunStore,
  platform: RunPlatform,
  before: RunRecord | undefined,
  { signal, examples = 0 }: TrainHooks,
  events: Teller,
): RunSetup {
  const now = () => platform.now?.() ?? performance.now();
  const began = { date: new Date().toISOString(), now: now() };
  return { request, files: new RunFiles(store), platform, before, events, signal, examples, now, began };
}

/** One part of a run, from its beginning or its last checkpoint to its end or an abort. */
class TrainingRun {
  readonly #setup: RunSetup;
  readonly #opened: OpenedRun;
  readonly #log: RunLog;
  readonly #models: RunModels;
  readonly #validation: Validation;
  /** Whether a checkpoint is saved, so that a failure must not delete the run. */
  #isKept: boolean;

  private constructor(setup: RunSetup, opened: OpenedRun) {
    this.#setup = setup;
    this.#opened = opened;
    this.#log = new RunLog(setup, opened.record);
    this.#models = new RunModels(setup, opened, this.#log);
    this.#validation = new Validation(setup, opened, this.#log, this.#models);
    this.#isKept = setup.before !== undefined;
  }

  static async run(setup: RunSetup): Promise<TrainResult> {
    const opened = await openRun(setup);
    const run = new TrainingRun(setup, opened);
    try {
      const start = await run.#start();
      const last = await run.#train(start);
      return await run.#finish(last);
    } catch (error) {
      if (!run.#isKept) await setup.files.abandon();
      throw error;
    } finally {
      await opened.batches.close();
    }
  }

  /** The checkpoint to train from. The files of the run are brought to its step. */
  async #start(): Promise<Checkpoint> {
    const { before, events, files } = this.#setup;
    const start = before === undefined ? await this.#begin() : await this.#resume(before);
    await events.settled();
    await this.#log.begin(start.step);
    await files.rewind(start.step, this.#log.validated);
    return start;
  }

  #begin(): Promise<Checkpoint> {
    this.#isKept = false;
    const { request, platform, events, signal } = this.#setup;
    const { model, batches } = this.#opened;
    return firstCheckpoint(request, model, batches, platform, events.tell, signal);
  }

  /** The checkpoint to resume from. If the run was interrupted before its first one, the run begins again. */
  async #resume(before: RunRecord): Promise<Checkpoint> {
    const { files } = this.#setup;
    const { model, stepsPerEpoch, record } = this.#opened;
    const saved = await savedCheckpoint(files, before, record, model, stepsPerEpoch);
    const start = saved ?? (await this.#begin());
    await checkNoModel(files, before, start.step);
    return start;
  }

  /** Trains to the end of the run or to an abort, and returns the last checkpoint. */
  async #train(start: Checkpoint): Promise<Checkpoint> {
    const { request, platform, events, signal, now } = this.#setup;
    const { batches, model, stepsPerEpoch, memory } = this.#opened;
    const { config, saveEvery = SAVE_EVERY, session = {} } = request;
    const { earlyEnds: ends = [] } = this.#log.record;
    events.tell({ kind: 'planned', config, stepsPerEpoch, from: start.step, ends });
    await events.settled();
    const clock = new SaveClock(parseSaveEvery(saveEvery), start.step, now);
    return runTraining(model, config, start, {
      openSession: platform.openSession,
      sessionOptions: session,
      stepsPerEpoch,
      ends,
      batches: (numbers) => batches.batches(numbers),
      ...scratchOf(this.#setup),
      say: (what) => events.tell({ kind: 'preparing', what }),
      ...(signal === undefined ? {} : { signal }),
      onStep: (event) => this.#step(event),
      isSaveDue: (step) => clock.isDue(step),
      saveCheckpoint: async (checkpoint) => {
        await this.#save(checkpoint);
        clock.saved(checkpoint.step);
      },
      needsMemory: (epoch, step) => memory?.pauses === true && this.#validation.isDue(epoch, step),
      onEpoch: (epoch, checkpoint) => this.#validation.afterEpoch(epoch, checkpoint),
    });
  }

  async #step(event: StepEvent): Promise<void> {
    const { events, files } = this.#setup;
    events.tell({ kind: 'step', waitShare: this.#opened.batches.report.waitShare, ...event });
    await events.settled();
    if (event.step % METRICS_EVERY === 0 || event.phase.to - event.phase.from < SHORT_PHASE)
      await files.addMetrics(metricsLine(event));
  }

  async #save(checkpoint: Checkpoint): Promise<void> {
    const { events, files } = this.#setup;
    await files.writeCheckpoint(checkpoint, await markOf(this.#log.record));
    this.#isKept = true;
    await this.#log.note(checkpoint.step);
    events.tell({ kind: 'saved', step: checkpoint.step });
    await events.settled();
  }

  /** Writes the model, final or interim, and the end of the record. */
  async #finish(last: Checkpoint): Promise<TrainResult> {
    const { step } = last;
    const { steps } = this.#log.record;
    const { stepsPerEpoch } = this.#opened;
    const interrupted = step < steps || this.#validation.isDue(steps / stepsPerEpoch - 1, step);
    const model = interrupted ? await this.#writeInterim(last) : await this.#writeFinal(last);
    const memory = { peak: this.#setup.platform.peakMemory?.(), predicted: this.#opened.memory?.bytes };
    await this.#log.note(step, { finished: !interrupted, ...this.#partFacts(step, memory) });
    return this.#result(step, interrupted, model, memory);
  }

  async #writeInterim(last: Checkpoint): Promise<Model> {
    const model = this.#models.asTrained(last);
    await this.#setup.files.writeInterim(model);
    return model;
  }

  async #writeFinal(last: Checkpoint): Promise<Model> {
    const { request, before, files } = this.#setup;
    const model = await this.#models.finished(last);
    if (before?.finished && (await files.hasModel())) return model;
    if (request.config.ema !== undefined)
      await files.writeRaw(await this.#models.finished(last, { average: false }));
    // Version 0.1 gave interim models the same name.
    const replace = before !== undefined && before.formatVersion === undefined;
    await files.writeModel(model, { replace });
    return model;
  }

  /** What the record says of this part of the run; nothing if it took no step. */
  #partFacts(step: number, { peak, predicted }: MemoryUse): Partial<RunRecord> {
    if (step === this.#log.from) return {};
    const { waitShare, skipped } = this.#opened.batches.report;
    return {
      loader: { waitShare, skipped },
      ...(peak !== undefined && { peakMemoryBytes: peak }),
      ...(predicted !== undefined && { predictedMemoryBytes: Math.round(predicted) }),
    };
  }

  #result(step: number, interrupted: boolean, model: Model, { peak, predicted }: MemoryUse): TrainResult {
    const { files } = this.#setup;
    const { batches, leftOut } = this.#opened;
    const { steps, best, earlyEnds = [] } = this.#log.record;
    const { score, unread } = this.#validation;
    return {
      model,
      file: files.nameOf(interrupted ? 'interim' : 'model'),
      interrupted,
      step,
      steps,
      taken: step - this.#log.from,
      skipped: [...leftOut, ...batches.report.skipped.map(({ message }) => message), ...unread],
      ...(score === undefined ? {} : { score }),
      ...(best && { best: { ...best, file: files.nameOf('best') } }),
      earlyEnds,
      ...(peak !== undefined && predicted !== undefined && { memory: { peak, predicted } }),
    };
  }
}

/** Bytes of memory that a run took, and that were predicted. */
interface MemoryUse {
  readonly peak: number | undefined;
  readonly predicted: number | undefined;
}

/** Where a phase keeps features, if the platform or the request says. */
function scratchOf({ request, platform }: RunSetup): { readonly openScratch?: OpenScratch } {
  const { featureCache } = request;
  const most = featureCache === undefined ? undefined : parseBytes(featureCache, 'featureCache');
  const { openScratch } = platform;
  if (openScratch !== undefined) return { openScratch: (wanted) => openScratch(wanted, most) };
  if (most === undefined) return {};
  return { openScratch: async (wanted) => memoryScratch(Math.min(wanted, most)) };
}

function metricsLine({ step, epoch, phase, loss, gradientNorm, learningRate, scale, metrics }: StepEvent) {
  return { step, epoch, phase: phase.kind, loss, gradientNorm, learningRate, scale, ...metrics };
}
