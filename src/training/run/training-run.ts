import { checkArgument, HmsaError, isRecord } from '../../base/errors/index.js';
import type { ClassMap } from '../../data/index.js';
import type { Evaluation } from '../../evaluation/index.js';
import type { Model } from '../../model/file/index.js';
import type { ModelConfig } from '../../model/index.js';
import { parseBytes } from '../bytes.js';
import { checkTraining, configWarnings } from '../check-training.js';
import type { Checkpoint } from '../checkpoint.js';
import { type EarlyEnd, type PlannedPhase, phaseEndingAt, planPhases, withEnd } from '../plan.js';
import { recalibrate } from '../recalibrate.js';
import { memoryScratch, type OpenScratch } from '../scratch.js';
import { phaseRule } from '../trained.js';
import { runTraining, type StepEvent } from '../training.js';
import { range } from '../viewed-batches.js';
import { weightsOf } from '../weights.js';
import { earlyStopOf, isBetter, mayEndEarly, type Scored, waiting } from './best.js';
import { checkHooks, Teller, type TrainHooks } from './events.js';
import { firstCheckpoint, readInit } from './first-checkpoint.js';
import { type MemoryPlan, planMemory } from './memory.js';
import type { BatchSource, CheckedData, RunPlatform } from './platform.js';
import {
  changesSince,
  checkContinuation,
  markOf,
  newRecord,
  type RunRecord,
  readRecord,
  recordedRequest,
  withComparableScores,
} from './record.js';
import { checkRunRequest, type RunRequest } from './request.js';
import { checkNoModel, resumedRequest, savedCheckpoint } from './resume.js';
import { RunFiles } from './run-files.js';
import { parseSaveEvery, SaveClock } from './save-every.js';
import type { RunStore } from './store.js';
import { validate } from './validation.js';

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
    return await new TrainingRun(request, store, platform, undefined, hooks, events).run();
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
    return await new TrainingRun(requestOf(record), store, platform, record, hooks, events).run();
  } finally {
    await store.unlock();
  }
}

const storeMethods = [
  'nameOf',
  'has',
  'read',
  'begin',
  'lock',
  'unlock',
  'confirm',
  'write',
  'append',
  'remove',
  'tidy',
] as const satisfies readonly (keyof RunStore)[];

/** @throws HmsaError that names a method which a store or a platform lacks */
function checkPlaces(operation: string, store: unknown, platform: unknown): void {
  const need = (name: string, value: unknown, methods: readonly string[]) => {
    checkArgument(isRecord(value), `${operation}, ${name}`, `a ${name}: ${methods.join(', ')}`, value);
    for (const method of methods)
      checkArgument(
        typeof value[method] === 'function',
        `${operation}, ${name}.${method}`,
        'a function',
        value[method],
      );
  };
  need('store', store, storeMethods);
  need('platform', platform, ['openSession', 'openData']);
}

/** What a run works with once its data are open. */
interface Opened extends CheckedData {
  readonly classes: ClassMap;
  readonly model: ModelConfig;
  readonly batches: BatchSource;
  readonly stepsPerEpoch: number;
  /** Undefined on a device or platform whose memory is unknown. */
  readonly memory: MemoryPlan | undefined;
}

/** One part of a run, from its beginning or its last checkpoint to its end or an abort. */
class TrainingRun {
  readonly #request: RunRequest;
  readonly #files: RunFiles;
  readonly #platform: RunPlatform;
  readonly #before: RunRecord | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Predictions that come with each validation. */
  readonly #examples: number;
  readonly #events: Teller;
  readonly #now: () => number;
  readonly #began: number;
  readonly #started = new Date().toISOString();
  /** Whether a checkpoint is saved, so that a failure must not delete the run. */
  #isKept: boolean;
  /** The first step of this part. */
  #from = 0;
  #record!: RunRecord;
  /** The text of the record in the store. */
  #written: string | undefined;
  #score: Evaluation | undefined;
  /** Files that a validation could not read, one line for each. */
  readonly #unread = new Set<string>();

  constructor(
    request: RunRequest,
    store: RunStore,
    platform: RunPlatform,
    before: RunRecord | undefined,
    { signal, examples = 0 }: TrainHooks,
    events: Teller,
  ) {
    this.#request = request;
    this.#files = new RunFiles(store);
    this.#platform = platform;
    this.#before = before;
    this.#signal = signal;
    this.#examples = examples;
    this.#events = events;
    this.#now = () => platform.now?.() ?? performance.now();
    this.#began = this.#now();
    this.#isKept = before !== undefined;
    this.#written = before && JSON.stringify(before);
  }

  async run(): Promise<TrainResult> {
    const { config, session = {} } = this.#request;
    const opened = await this.#open();
    const { batches, model, stepsPerEpoch } = opened;
    try {
      const start =
        this.#before === undefined ? await this.#begin(opened) : await this.#resume(this.#before, opened);
      this.#from = start.step;
      await this.#events.settled();
      await this.#forgetLostBest(start.step);
      await this.#note(start.step);
      await this.#files.rewind(start.step, this.#validated);
      const { earlyEnds: ends = [] } = this.#record;
      this.#events.tell({ kind: 'planned', config, stepsPerEpoch, from: start.step, ends });
      await this.#events.settled();
      const clock = new SaveClock(
        parseSaveEvery(this.#request.saveEvery ?? SAVE_EVERY),
        start.step,
        this.#now,
      );
      const last = await runTraining(model, config, start, {
        openSession: this.#platform.openSession,
        sessionOptions: session,
        stepsPerEpoch,
        ends,
        batches: (numbers) => batches.batches(numbers),
        ...this.#scratch(),
        say: (what) => this.#events.tell({ kind: 'preparing', what }),
        ...(this.#signal === undefined ? {} : { signal: this.#signal }),
        onStep: (event) => this.#step(event, batches),
        isSaveDue: (step) => clock.isDue(step),
        saveCheckpoint: async (checkpoint) => {
          await this.#save(checkpoint);
          clock.saved(checkpoint.step);
        },
        needsMemory: (epoch, step) => opened.memory?.pauses === true && this.#isDue(epoch, step, opened),
        onEpoch: (epoch, checkpoint) => this.#epoch(epoch, checkpoint, opened),
      });
      return await this.#finish(last, opened);
    } catch (error) {
      if (!this.#isKept) await this.#files.abandon();
      throw error;
    } finally {
      await batches.close();
    }
  }

  /** Where a phase keeps features, if the platform or the request says. */
  #scratch(): { readonly openScratch?: OpenScratch } {
    const { featureCache } = this.#request;
    const most = featureCache === undefined ? undefined : parseBytes(featureCache, 'featureCache');
    const { openScratch } = this.#platform;
    if (openScratch !== undefined) return { openScratch: (wanted) => openScratch(wanted, most) };
    if (most === undefined) return {};
    return { openScratch: async (wanted) => memoryScratch(Math.min(wanted, most)) };
  }

  /** Opens the data, compares them with the configuration and, if the run is resumed, with its record. */
  async #open(): Promise<Opened> {
    const { config } = this.#request;
    const { tell, warn } = this.#events;
    const data = await this.#platform.openData(this.#request, tell);
    const { classes } = data;
    const model: ModelConfig = { ...config.model, classes: classes.names.length };
    checkTraining(model, config);
    for (const what of configWarnings(model, config)) warn(what);
    const checked = await data.check(this.#signal);
    const { dataset, fingerprints } = checked;
    if (checked.validation === undefined && mayEndEarly(config)) throw withoutScores();
    const memory = this.#memoryPlan(model, checked);
    if (memory?.warning !== undefined) warn(memory.warning);
    const before = this.#before;
    if (before !== undefined)
      for (const what of changesSince(before, fingerprints, this.#platform, data.name)) warn(what);
    const batches = await checked.openBatches(this.#signal);
    try {
      await this.#events.settled();
      const stepsPerEpoch = stepsIn(batches, config.accumulate);
      if (before !== undefined)
        checkContinuation(before, dataset, stepsPerEpoch, this.#files.nameOf('record'));
      this.#record = before
        ? withComparableScores({ ...before, ...recordedRequest(this.#request), fingerprints }, before)
        : newRecord(this.#request, this.#platform, dataset, fingerprints, stepsPerEpoch);
      return { ...checked, classes, model, batches, stepsPerEpoch, memory };
    } catch (error) {
      await batches.close();
      throw error;
    }
  }

  #memoryPlan(model: ModelConfig, { validation, imageSize }: CheckedData): MemoryPlan | undefined {
    const { config, session } = this.#request;
    const machine = this.#platform.memory?.(this.#request);
    if (machine === undefined || (session?.device ?? 'cpu') !== 'cpu') return undefined;
    const isScored = validation !== undefined && config.validateEvery > 0;
    return planMemory(model, config, machine, isScored ? imageSize : undefined);
  }

  #begin({ model, batches }: Opened): Promise<Checkpoint> {
    this.#isKept = false;
    return firstCheckpoint(this.#request, model, batches, this.#platform, this.#events.tell, this.#signal);
  }

  /** The checkpoint to resume from. If the run was interrupted before its first one, the run begins again. */
  async #resume(before: RunRecord, opened: Opened): Promise<Checkpoint> {
    const { model, stepsPerEpoch } = opened;
    const saved = await savedCheckpoint(this.#files, before, this.#record, model, stepsPerEpoch);
    const start = saved ?? (await this.#begin(opened));
    await checkNoModel(this.#files, before, start.step);
    return start;
  }

  async #step(event: StepEvent, batches: BatchSource): Promise<void> {
    this.#events.tell({ kind: 'step', waitShare: batches.report.waitShare, ...event });
    await this.#events.settled();
    if (event.step % METRICS_EVERY === 0 || event.phase.to - event.phase.from < SHORT_PHASE)
      await this.#files.addMetrics(metricsLine(event));
  }

  async #save(checkpoint: Checkpoint): Promise<void> {
    await this.#files.writeCheckpoint(checkpoint, await markOf(this.#record));
    this.#isKept = true;
    await this.#note(checkpoint.step);
    this.#events.tell({ kind: 'saved', step: checkpoint.step });
    await this.#events.settled();
  }

  /** The last epoch that has its scores; -1 for none. */
  get #validated(): number {
    const { validation } = this.#record;
    return typeof validation?.epoch === 'number' ? validation.epoch : -1;
  }

  /**
   * A resumed run whose best model somebody has deleted chooses it anew, unless it is the model of this very step, which
   * is then written again.
   */
  async #forgetLostBest(step: number): Promise<void> {
    const { best, finished, ...rest } = this.#record;
    if (best === undefined || finished || best.step === step || (await this.#files.hasBest())) return;
    this.#record = { ...rest, finished };
    this.#events.warn(
      `${this.#files.nameOf('best')} is gone: it will be the best of the validations that follow`,
    );
  }

  /** Scores the model after an epoch, if that is due, and says whether the phase ends with it. */
  async #epoch(epoch: number, checkpoint: Checkpoint, opened: Opened): Promise<'endPhase' | undefined> {
    const { step } = checkpoint;
    const { stepsPerEpoch, validation } = opened;
    if (!this.#isDue(epoch, step, opened)) {
      // A process may have been killed between noting the best model and writing it.
      const isLost = this.#record.best?.step === step && !this.#record.finished;
      if (isLost) await this.#files.writeBest(await this.#modelAt(checkpoint, opened));
      return undefined;
    }
    const { config } = this.#request;
    const { earlyEnds = [], best, waiting: before } = this.#record;
    const phase = this.#phaseAt(step, stepsPerEpoch);
    const signal = this.#signal;
    let validated: Awaited<ReturnType<typeof validate>>;
    let model: Model;
    try {
      model = await this.#modelAt(checkpoint, opened, { signal });
      validated = await validate(
        model,
        validation!,
        phase.kind,
        this.#request,
        this.#platform.openSession,
        signal,
        this.#examples,
      );
    } catch (error) {
      // A validation that an abort ended is repeated when the run is resumed.
      if (signal?.aborted) return undefined;
      throw error;
    }
    const { score, examples } = validated;
    this.#score = score;
    for (const what of score.skipped) {
      if (!this.#unread.has(what)) this.#events.warn(`left out of the score: ${what}`);
      this.#unread.add(what);
    }
    await this.#files.addMetrics({ step, epoch, validation: brief(score) });
    const { meanIoU, scales, combine } = score;
    const scored: Scored = { epoch, step, meanIoU, scales, combine };
    const isBest = isBetter(scored, best);
    const rule = earlyStopOf(config, phase);
    const wait = rule && waiting(rule, before, phase.index, scored);
    const ends = wait?.isOver ? withEnd(earlyEnds, phase, step, stepsPerEpoch) : earlyEnds;
    // One record says it all, so that a run which is killed and resumed decides the same.
    await this.#note(step, {
      validation: { epoch, ...brief(score), perClass: score.perClass },
      ...(isBest && { best: scored }),
      ...(wait && { waiting: wait.mark }),
      ...(ends !== earlyEnds && {
        earlyEnds: ends,
        steps: planPhases(config, stepsPerEpoch, ends).at(-1)!.to,
      }),
    });
    if (isBest) await this.#files.writeBest(model);
    this.#events.tell({ kind: 'validation', epoch, step, score, isBest, classes: opened.classes, examples });
    if (ends === earlyEnds) {
      await this.#events.settled();
      return undefined;
    }
    this.#events.tell({ kind: 'endedEarly', phase, epoch, since: wait!.mark.epoch, ends });
    await this.#events.settled();
    return 'endPhase';
  }

  #isDue(epoch: number, step: number, { validation }: Opened): boolean {
    const { validateEvery } = this.#request.config;
    const isLast = step === this.#record.steps;
    return (
      validation !== undefined &&
      validateEvery > 0 &&
      epoch > this.#validated &&
      ((epoch + 1) % validateEvery === 0 || isLast)
    );
  }

  async #finish(last: Checkpoint, opened: Opened): Promise<TrainResult> {
    const { batches, stepsPerEpoch } = opened;
    const { steps } = this.#record;
    const { step } = last;
    const interrupted = step < steps || this.#isDue(steps / stepsPerEpoch - 1, step, opened);
    const model = interrupted ? this.#runningModel(last, opened) : await this.#modelAt(last, opened);
    if (interrupted) await this.#files.writeInterim(model);
    else if (!this.#before?.finished || !(await this.#files.hasModel())) {
      if (this.#request.config.ema !== undefined)
        await this.#files.writeRaw(await this.#modelAt(last, opened, { average: false }));
      // Version 0.1 gave interim models the same name.
      const replace = this.#before !== undefined && this.#before.formatVersion === undefined;
      await this.#files.writeModel(model, { replace });
    }
    const { waitShare, skipped } = batches.report;
    const peakMemoryBytes = this.#platform.peakMemory?.();
    const predicted = opened.memory?.bytes;
    const isIdle = step === this.#from;
    await this.#note(step, {
      finished: !interrupted,
      ...(isIdle
        ? {}
        : {
            loader: { waitShare, skipped },
            ...(peakMemoryBytes !== undefined && { peakMemoryBytes }),
            ...(predicted !== undefined && { predictedMemoryBytes: Math.round(predicted) }),
          }),
    });
    return {
      model,
      file: interrupted ? this.#files.nameOf('interim') : this.#files.nameOf('model'),
      interrupted,
      step,
      steps,
      taken: step - this.#from,
      skipped: [...opened.leftOut, ...skipped.map(({ message }) => message), ...this.#unread],
      ...(this.#score === undefined ? {} : { score: this.#score }),
      ...(this.#record.best && { best: { ...this.#record.best, file: this.#files.nameOf('best') } }),
      earlyEnds: this.#record.earlyEnds ?? [],
      ...(peakMemoryBytes !== undefined &&
        predicted !== undefined && { memory: { peak: peakMemoryBytes, predicted } }),
    };
  }

  /** The model of a checkpoint as its training runs: with averaged weights, if the configuration keeps them. */
  #runningModel(
    { values }: Checkpoint,
    { model, classes, imageSize }: Opened,
    { average = this.#request.config.ema !== undefined }: { readonly average?: boolean } = {},
  ): Model {
    const weights = weightsOf(model, values, { average });
    return { config: model, classes, ...(imageSize && { imageSize }), weights };
  }

  /** The model that is scored and saved: that of a checkpoint, with statistics measured anew if its phase says so. */
  async #modelAt(
    checkpoint: Checkpoint,
    opened: Opened,
    options: { readonly average?: boolean; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Model> {
    const running = this.#runningModel(checkpoint, opened, options);
    const { config, session = {} } = this.#request;
    const phase = this.#phaseAt(checkpoint.step, opened.stepsPerEpoch);
    const to = phase.recalibrate;
    if (to === undefined || checkpoint.step === 0) return running;
    const weights = await recalibrate(
      opened.model,
      running.weights,
      phaseRule(config, phase),
      opened.batches.batches(range(0, to)),
      this.#platform.openSession,
      session,
      options.signal,
    );
    return { ...running, weights };
  }

  /** The phase that took the last of so many steps. */
  #phaseAt(step: number, stepsPerEpoch: number): PlannedPhase {
    const phases = planPhases(this.#request.config, stepsPerEpoch, this.#record.earlyEnds);
    return phaseEndingAt(phases, step);
  }

  /** Writes the record of the run so far. */
  async #note(step: number, more: Partial<RunRecord> = {}): Promise<void> {
    const earlier = this.#before?.parts ?? [];
    const seconds = (this.#now() - this.#began) / 1000;
    const from = this.#from;
    const part = { from, to: step, started: this.#started, seconds };
    this.#record = { ...this.#record, ...more, step, parts: from < step ? [...earlier, part] : earlier };
    const text = JSON.stringify(this.#record);
    if (text === this.#written) return;
    await this.#files.writeRecord(this.#record);
    this.#written = text;
  }
}

function withoutScores(): HmsaError {
  return new HmsaError({
    operation: 'earlyStop',
    expected: 'validation data, whose mean IoU decides when a phase ends',
    received: 'none',
    remedy: 'Name a split to score, --validation SPLIT, or leave earlyStop out.',
  });
}

/** @throws HmsaError when a step would take the data of several epochs */
function stepsIn({ batchesPerEpoch: batches }: BatchSource, accumulate: number): number {
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

function metricsLine({ step, epoch, phase, loss, gradientNorm, learningRate, scale, metrics }: StepEvent) {
  return { step, epoch, phase: phase.kind, loss, gradientNorm, learningRate, scale, ...metrics };
}

function brief({ meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine, skipped }: Evaluation) {
  return { meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine, skipped };
}
