import { augmentPresets } from '../../augment/index.js';
import type { Batch, Dataset } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import type { Model } from '../../model-file/index.js';
import type { ModelConfig } from '../../models/index.js';
import { Segmenter } from '../../predict/index.js';
import type { SessionOptions } from '../../runtime/index.js';
import {
  estimateStatistics,
  initialWeights,
  type Position,
  planPhases,
  runTraining,
  type StepEvent,
  type TrainConfig,
  transferFolded,
  weightsOf,
} from '../../train/index.js';
import { readSafetensors } from '../../weights/index.js';
import { openDataset } from '../datasets/index.js';
import { type Loader, openLoader } from '../loader/index.js';
import { openSession } from '../session/index.js';
import { version } from '../version.js';
import { type Evaluation, evaluate } from './evaluate.js';
import { readOrExplain } from './load-model.js';
import { RunFolder } from './run-folder.js';
import { readRequest, type TrainRequest } from './train-request.js';

export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void;
}

export type TrainEvent =
  | { readonly kind: 'preparing'; readonly what: string }
  | ({ readonly kind: 'step'; readonly waitShare: number } & StepEvent)
  | { readonly kind: 'validation'; readonly epoch: number; readonly score: Evaluation }
  | { readonly kind: 'saved'; readonly step: number };

export interface TrainResult {
  readonly model: Model;
  readonly file: string;
  readonly interrupted: boolean;
  readonly score?: Evaluation;
}

/** Steps between two lines of `metrics.jsonl`. */
const METRICS_EVERY = 10;

/** Batches from which the statistics of pretrained weights are measured. */
const STATISTICS_BATCHES = 16;

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
  return run(request, folder, undefined, hooks);
}

/**
 * Goes on with an interrupted run from its last checkpoint, exactly: for the same versions, processor and thread
 * count the model has the same bits as one whose run was not interrupted.
 *
 * @throws HmsaError when there is no run in the folder, or its data are no longer what they were
 */
export async function resumeTraining(out: string, hooks: TrainHooks = {}): Promise<TrainResult> {
  const folder = new RunFolder(out);
  const request = await readRequest(folder);
  return run(request, folder, await folder.readPosition(), hooks);
}

async function run(
  request: TrainRequest,
  folder: RunFolder,
  saved: Position | undefined,
  { signal, onEvent = () => {} }: TrainHooks,
): Promise<TrainResult> {
  const { config, dataOptions = {}, session = {} } = request;
  const dataset = await openDataset(request.data, { split: 'train', ...dataOptions });
  const validation = await openValidation(request, onEvent);
  const model: ModelConfig = { ...config.model, classes: dataset.classes.names.length };
  const loader = await openLoader(dataset, {
    batchSize: config.batch,
    seed: config.seed,
    augment: augmentPresets[config.augment]({ height: config.crop[0], width: config.crop[1] }),
    ...(config.classUniform > 0
      ? { sampling: 'class-uniform' as const, uniformShare: config.classUniform }
      : {}),
    ...(request.workers === undefined ? {} : { workers: request.workers }),
  });
  try {
    const record = runRecord(request, dataset, loader.batchesPerEpoch);
    await folder.writeRun(record);
    const start = saved ?? (await firstPosition(request, model, loader, onEvent));
    const modelAt = ({ values }: Position): Model => ({
      config: model,
      classes: dataset.classes,
      weights: weightsOf(model, values),
    });
    let score: Evaluation | undefined;
    const last = await runTraining(model, config, start, {
      openSession,
      sessionOptions: session,
      stepsPerEpoch: loader.batchesPerEpoch,
      batches: (from) => loader.stream({ from }),
      ...(signal === undefined ? {} : { signal }),
      onStep: async (event) => {
        onEvent({ kind: 'step', waitShare: loader.report.waitShare, ...event });
        if (event.step % METRICS_EVERY === 0) await folder.addMetrics(metricsLine(event));
      },
      onPosition: async (position, { finished }) => {
        await folder.savePosition(position);
        onEvent({ kind: 'saved', step: position.step });
        const { validateEvery } = config;
        if (validation === undefined || finished === undefined || validateEvery === 0) return;
        if ((finished + 1) % validateEvery !== 0 && position.step !== record.steps) return;
        score = await validate(
          modelAt(position),
          validation,
          config,
          position,
          loader.batchesPerEpoch,
          session,
        );
        await folder.addMetrics({ epoch: finished, validation: brief(score) });
        onEvent({ kind: 'validation', epoch: finished, score });
      },
    });
    const trained = modelAt(last);
    await folder.saveModel(trained);
    const interrupted = last.step < record.steps;
    const { waitShare, skipped } = loader.report;
    await folder.writeRun({
      ...record,
      finished: !interrupted,
      step: last.step,
      loader: { waitShare, skipped },
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
      ...(score === undefined ? {} : { validation: brief(score) }),
    });
    return { model: trained, file: folder.model, interrupted, ...(score === undefined ? {} : { score }) };
  } finally {
    await loader.close();
  }
}

/** The data that scores come from; undefined, with a line that says so, where the data set has no such split. */
async function openValidation(
  { data, dataOptions = {}, validationSplit = 'val' }: TrainRequest,
  onEvent: (event: TrainEvent) => void,
): Promise<Dataset | undefined> {
  if (validationSplit === 'none') return undefined;
  try {
    return await openDataset(data, { ...dataOptions, split: validationSplit });
  } catch (error) {
    if (!(error instanceof HmsaError)) throw error;
    onEvent({ kind: 'preparing', what: `no scores while training: ${error.message}` });
    return undefined;
  }
}

/** New weights: random, or pretrained with the statistics of their batch norms measured on the data. */
async function firstPosition(
  { config, init, session = {} }: TrainRequest,
  model: ModelConfig,
  loader: Loader,
  onEvent: (event: TrainEvent) => void,
): Promise<Position> {
  const fresh = initialWeights(model, config.seed);
  if (init === undefined) return { step: 0, values: fresh };
  onEvent({ kind: 'preparing', what: `pretrained weights from ${init}` });
  const { weights, norms } = transferFolded(fresh, readSafetensors(await readOrExplain(init), init), init);
  onEvent({ kind: 'preparing', what: `statistics of ${norms.length} batch norms` });
  const batches: Batch[] = [];
  const count = Math.min(STATISTICS_BATCHES, loader.batchesPerEpoch);
  for await (const batch of loader.stream({ to: count })) batches.push(batch);
  return { step: 0, values: await estimateStatistics(model, weights, norms, batches, openSession, session) };
}

/** While one scale is trained at a time there is no attention yet, so its scale 1 stands for the model. */
async function validate(
  model: Model,
  dataset: Dataset,
  config: TrainConfig,
  position: Position,
  stepsPerEpoch: number,
  options: SessionOptions,
): Promise<Evaluation> {
  const phase = planPhases(config, stepsPerEpoch).find(({ to }) => position.step <= to)!.phase;
  const segmenter = new Segmenter(model, openSession, options);
  try {
    return phase.kind === 'scales'
      ? await evaluate(segmenter, dataset, { scales: [1], combine: 'single' })
      : await evaluate(segmenter, dataset);
  } finally {
    await segmenter.dispose();
  }
}

function runRecord(request: TrainRequest, dataset: Dataset, stepsPerEpoch: number) {
  return {
    ...request,
    versions: { hmsa: version, node: process.version },
    images: dataset.length,
    classes: dataset.classes.names,
    stepsPerEpoch,
    steps: planPhases(request.config, stepsPerEpoch).at(-1)!.to,
  };
}

function metricsLine({ step, epoch, phase, loss, gradientNorm, learningRate, scale, metrics }: StepEvent) {
  return { step, epoch, phase: phase.phase.kind, loss, gradientNorm, learningRate, scale, ...metrics };
}

function brief({ meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine }: Evaluation) {
  return { meanIoU, meanAccuracy, pixelAccuracy, images, scales, combine };
}
