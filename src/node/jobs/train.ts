import { augmentPresets } from '../../augment/index.js';
import { classesWithoutPlaces, type Dataset } from '../../data/index.js';
import type { Model } from '../../model-file/index.js';
import type { ModelConfig } from '../../models/index.js';
import {
  checkTraining,
  doubtsAbout,
  type Position,
  runTraining,
  type StepEvent,
  weightsOf,
} from '../../train/index.js';
import { openDataset } from '../datasets/index.js';
import { type Loader, openLoader } from '../loader/index.js';
import { openSession } from '../session/index.js';
import type { Evaluation } from './evaluate.js';
import { firstPosition } from './first-position.js';
import { RunFolder } from './run-folder.js';
import { changesSince, fingerprints, newRecord, type RunRecord, readRecord } from './run-record.js';
import type { TrainEvent, TrainHooks } from './train-events.js';
import { type TrainRequest, withAbsolutePaths } from './train-request.js';
import { typicalSize } from './typical-size.js';
import { openValidation, requireLabels, validate } from './validation.js';

export interface TrainResult {
  readonly model: Model;
  readonly file: string;
  readonly interrupted: boolean;
  /** One line for each image that was left out since the run began or was resumed, which names the file. */
  readonly skipped: readonly string[];
  readonly score?: Evaluation;
}

/** Steps between two lines of `metrics.jsonl`. */
const METRICS_EVERY = 10;

/**
 * Trains a model on a data set, all phases of the configuration, into a new folder: `model.safetensors`, `run.json`,
 * `metrics.jsonl`, `checkpoints/`.
 *
 * An abort finishes the step in progress and saves; {@link resumeTraining} goes on from there.
 *
 * @throws HmsaError when the folder holds a run, the configuration does not suit the data, a file cannot be read, or
 *   the loss is not finite; what was saved before stays as it is
 */
export async function train(
  request: TrainRequest,
  out: string,
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  const folder = new RunFolder(out);
  await folder.begin();
  return run(withAbsolutePaths(request), folder, undefined, hooks);
}

/**
 * Goes on with an interrupted run from its last checkpoint, exactly: for the same versions, processor and thread
 * count the model has the same bits as one whose run was not interrupted.
 *
 * @throws HmsaError when there is no run in the folder, or its data are no longer what they were
 */
export async function resumeTraining(out: string, hooks: TrainHooks = {}): Promise<TrainResult> {
  const folder = new RunFolder(out);
  const record = await readRecord(folder);
  return run(record, folder, record, hooks);
}

async function run(
  request: TrainRequest,
  folder: RunFolder,
  before: RunRecord | undefined,
  { signal, onEvent = () => {} }: TrainHooks,
): Promise<TrainResult> {
  const { config, data, session = {} } = request;
  const dataset = await openDataset(data, { split: 'train', ...request.dataOptions });
  requireLabels(dataset, data);
  const validation = await openValidation(request, onEvent);
  const model: ModelConfig = { ...config.model, classes: dataset.classes.names.length };
  checkTraining(model, config);
  for (const what of doubtsAbout(model, config)) onEvent({ kind: 'warning', what });
  const found = await fingerprints(request, dataset, validation);
  for (const what of before === undefined ? [] : changesSince(before, found))
    onEvent({ kind: 'warning', what });
  const loader = await loaderOf(request, dataset, folder, signal, onEvent);
  let isKept = before !== undefined;
  try {
    const stepsPerEpoch = Math.max(1, Math.floor(loader.batchesPerEpoch / config.accumulate));
    const saved = before && (await folder.readPosition());
    isKept = saved !== undefined;
    const start = saved ?? (await firstPosition(request, model, loader, onEvent));
    let record = before ?? newRecord(request, dataset, found, stepsPerEpoch);
    const { parts, steps } = record;
    const [began, from] = [performance.now(), start.step];
    const started = new Date().toISOString();
    const note = async (step: number, more: Partial<RunRecord> = {}) => {
      const part = { from, to: step, started, seconds: (performance.now() - began) / 1000 };
      record = { ...record, ...more, step, parts: from < step ? [...parts, part] : parts };
      await folder.writeRun(record);
    };
    await note(start.step);
    const validated = await folder.rewind(start.step);
    const isDue = (epoch: number, step: number) =>
      validation !== undefined &&
      config.validateEvery > 0 &&
      !validated.has(epoch) &&
      ((epoch + 1) % config.validateEvery === 0 || step === steps);
    const imageSize = await typicalSize(dataset);
    const modelAt = ({ values }: Position): Model => ({
      config: model,
      classes: dataset.classes,
      ...(imageSize && { imageSize }),
      weights: weightsOf(model, values),
    });
    let score: Evaluation | undefined;
    const last = await runTraining(model, config, start, {
      openSession,
      sessionOptions: session,
      stepsPerEpoch,
      batches: (step) => loader.stream({ from: step * config.accumulate }),
      ...(signal === undefined ? {} : { signal }),
      async onStep(event) {
        onEvent({ kind: 'step', waitShare: loader.report.waitShare, ...event });
        if (event.step % METRICS_EVERY === 0) await folder.addStep(metricsLine(event));
      },
      async savePosition(position) {
        await folder.savePosition(position);
        isKept = true;
        await note(position.step);
        onEvent({ kind: 'saved', step: position.step });
      },
      async onEpoch(epoch, position) {
        const { step } = position;
        if (!isDue(epoch, step)) return;
        try {
          score = await validate(modelAt(position), validation!, request, { step, stepsPerEpoch }, signal);
        } catch (error) {
          // What an abort cuts off is made up for when the run goes on.
          if (signal?.aborted) return;
          throw error;
        }
        validated.add(epoch);
        await folder.addValidation({ step, epoch, validation: brief(score) });
        await note(step, { validation: { epoch, ...brief(score), perClass: score.perClass } });
        onEvent({ kind: 'validation', epoch, score });
      },
    });
    const trained = modelAt(last);
    await folder.saveModel(trained);
    const interrupted = last.step < steps || isDue(steps / stepsPerEpoch - 1, steps);
    const { waitShare, skipped } = loader.report;
    const isIdle = last.step === from;
    await note(last.step, {
      finished: !interrupted,
      ...(isIdle
        ? {}
        : { loader: { waitShare, skipped }, peakMemoryBytes: process.resourceUsage().maxRSS * 1024 }),
    });
    return {
      model: trained,
      file: folder.model,
      interrupted,
      skipped: skipped.map(({ message }) => message),
      ...(score === undefined ? {} : { score }),
    };
  } catch (error) {
    if (!isKept) await folder.abandon();
    throw error;
  } finally {
    await loader.close();
  }
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
