import { HmsaError } from '../../base/errors/index.js';
import type { ClassMap, Size } from '../../data/index.js';
import type { ModelConfig } from '../../model/index.js';
import { checkTraining, configWarnings } from '../check-training.js';
import type { TrainConfig } from '../config.js';
import { mayEndEarly } from './best.js';
import type { Teller } from './events.js';
import { type MemoryPlan, planMemory } from './memory.js';
import type { BatchSource, CheckedData, RunPlatform } from './platform.js';
import { newRecord, type RunRecord, recordedRequest } from './record.js';
import type { RunRequest } from './request.js';
import { changesSince, checkContinuation, withComparableScores } from './resume.js';
import type { RunFiles } from './run-files.js';

/** What a part of a run is given by its caller. */
export interface RunSetup {
  readonly request: RunRequest;
  readonly files: RunFiles;
  readonly platform: RunPlatform;
  /** The record of the run that is resumed; undefined for a new run. */
  readonly before: RunRecord | undefined;
  readonly events: Teller;
  readonly signal: AbortSignal | undefined;
  /** Predictions that come with each validation. */
  readonly examples: number;
  /** Milliseconds, never decreasing. */
  readonly now: () => number;
  /** When this part began: a date, and the value of `now`. */
  readonly began: { readonly date: string; readonly now: number };
}

/** What a run works with once its data are open. */
export interface OpenedRun extends CheckedData {
  readonly classes: ClassMap;
  readonly model: ModelConfig;
  readonly batches: BatchSource;
  readonly stepsPerEpoch: number;
  /** The record to begin or to continue with. */
  readonly record: RunRecord;
  /** Undefined on a device or platform whose memory is unknown. */
  readonly memory: MemoryPlan | undefined;
}

/**
 * Opens the data of a run and compares them with its configuration and, if the run is resumed, with its record. The caller
 * closes the batches.
 *
 * @throws HmsaError when they do not fit, or a file cannot be read
 */
export async function openRun(setup: RunSetup): Promise<OpenedRun> {
  const { request, platform, before, events, signal } = setup;
  const { config } = request;
  const { tell, warn } = events;
  const data = await platform.openData(request, tell);
  const { classes } = data;
  const model: ModelConfig = { ...config.model, classes: classes.names.length };
  checkTraining(model, config);
  for (const what of configWarnings(model, config)) warn(what);
  const checked = await data.check(signal);
  if (checked.validation === undefined && mayEndEarly(config)) throw withoutScores();
  const memory = memoryPlan(setup, model, checked);
  if (memory?.warning !== undefined) warn(memory.warning);
  const wide = wideCrop(config.crop, checked.largestImage);
  if (wide !== undefined) warn(wide);
  if (before !== undefined)
    for (const what of changesSince(before, checked.fingerprints, platform, data.name)) warn(what);
  const batches = await checked.openBatches(signal);
  try {
    await events.settled();
    const stepsPerEpoch = stepsIn(batches, config.accumulate);
    const record = recordOf(setup, checked, stepsPerEpoch);
    return { ...checked, classes, model, batches, stepsPerEpoch, record, memory };
  } catch (error) {
    await batches.close();
    throw error;
  }
}

/** @throws HmsaError when the run that is resumed had other steps in an epoch, or other classes */
function recordOf(
  { request, files, platform, before }: RunSetup,
  { dataset, fingerprints }: CheckedData,
  stepsPerEpoch: number,
): RunRecord {
  if (before === undefined) return newRecord(request, platform, dataset, fingerprints, stepsPerEpoch);
  checkContinuation(before, dataset, stepsPerEpoch, files.nameOf('record'));
  return withComparableScores({ ...before, ...recordedRequest(request), fingerprints }, before);
}

function memoryPlan(
  { request, platform, before }: RunSetup,
  model: ModelConfig,
  { validation, imageSize }: CheckedData,
): MemoryPlan | undefined {
  const { config, session } = request;
  const machine = platform.memory?.(request);
  if (machine === undefined || (session?.device ?? 'cpu') !== 'cpu') return undefined;
  const isScored = validation !== undefined && config.validateEvery > 0;
  return planMemory(model, config, machine, isScored ? imageSize : undefined, {
    isBegun: before !== undefined,
  });
}

/** The part of a crop that may be void without a word: photographs of 500×375 fill most of 512×384. */
const MOST_VOID = 0.1;

/** A warning that no photograph fills the crop. */
function wideCrop([height, width]: TrainConfig['crop'], largest: Size | undefined): string | undefined {
  if (largest === undefined) return undefined;
  const filled = Math.min(1, largest.width / width) * Math.min(1, largest.height / height);
  if (filled >= 1 - MOST_VOID) return undefined;
  const fitting = `${Math.min(width, largest.width)}x${Math.min(height, largest.height)}`;
  return (
    `the crop ${width}x${height} is larger than every photograph (at most ${largest.width}x${largest.height}): ` +
    `at least ${Math.round(100 * (1 - filled))}% of it is void, unless photographs are enlarged at random, and void costs as much time; --crop ${fitting} fits`
  );
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
