import { HmsaError } from '../../base/errors/index.js';
import {
  type Assessment,
  asFiles,
  defaultSplits,
  describeAlso,
  describeIdle,
  describeTaken,
  namesPassedOver,
  openDefaultTraining,
  type Source,
  type Use,
} from '../../data/assessment/index.js';
import type { ClassMap, Dataset } from '../../data/index.js';
import { leastSide } from '../../model/index.js';
import type { TrainConfig } from '../../training/index.js';
import { nameOfData, type TrainEvent } from '../../training/run/index.js';
import { assess, openSource } from '../assess.js';
import { mixed, openMoreData, overlapWith } from './mixed-training-data.js';
import { openOwnTrainingData } from './own-training-data.js';
import type { TrainRequest } from './train-request.js';

/** The training and validation data of a run. Every file is checked before the first step. */
export interface TrainingData {
  readonly dataset: Dataset;
  readonly validation: Dataset | undefined;
  /** One line for each photograph that was left out by `skipBad`. It names the file. */
  readonly leftOut: readonly string[];
}

/** A data set whose file names are known, but whose files are not read yet. */
export interface OpenedTrainingData {
  readonly classes: ClassMap;
  /**
   * Reads the files, reports what is used, and leaves out what cannot be used.
   *
   * @throws HmsaError when something has faults and `skipBad` is not set, when nothing is left, or when one step takes
   *   more than all of it
   */
  check(signal?: AbortSignal): Promise<TrainingData>;
}

/** Sets with more photographs take a while to check, which is announced. */
const MANY = 200;

/** @throws HmsaError when the data set or one of the named splits does not exist */
export async function openTrainingData(
  request: TrainRequest,
  onEvent: (event: TrainEvent) => void,
): Promise<OpenedTrainingData> {
  const { data } = request;
  const first =
    typeof data === 'string'
      ? await openFiles(data, request, onEvent)
      : await openOwnTrainingData(data, request, onEvent);
  if (!isMixed(request)) return first;
  const more = await openMoreData(request, first.classes, onEvent);
  return {
    classes: first.classes,
    async check(signal) {
      const { dataset, validation, leftOut } = await first.check(signal);
      const others: {
        name: string;
        share: number | undefined;
        dataset: Dataset;
        leftOut: readonly string[];
      }[] = [];
      for (const { name, share, check } of more) others.push({ name, share, ...(await check(signal)) });
      const isNamed = request.validationSplit !== undefined || request.validationData !== undefined;
      const overlap = validation && (await overlapWith(validation, others, isNamed));
      if (overlap !== undefined) onEvent({ kind: 'warning', what: overlap });
      const joined = mixed({ name: nameOfData(data), dataset }, others, request, onEvent);
      requireOneStep(request.config, joined);
      return {
        dataset: joined,
        validation,
        leftOut: [...leftOut, ...others.flatMap(({ leftOut: own }) => own)],
      };
    },
  };
}

/** Whether epochs are other than each photograph of one set once. */
function isMixed({ moreData, samplesPerEpoch }: TrainRequest): boolean {
  return moreData !== undefined || samplesPerEpoch !== undefined;
}

async function openFiles(
  data: string,
  request: TrainRequest,
  onEvent: (event: TrainEvent) => void,
): Promise<OpenedTrainingData> {
  const { config, dataOptions = {}, skipBad = false } = request;
  const source = await openSource(data, dataOptions);
  const { classes } =
    dataOptions.split === undefined
      ? await openDefaultTraining(source)
      : await source.open(dataOptions.split);
  const scored = await validationSplit(request, source);
  const overlap = await overlapOf(request, source, scored.split);
  const least = leastSide(config.model, config.model.scales);
  const check = async (split: string, use: Use['for'], signal: AbortSignal | undefined) => {
    const onProgress = (done: number, total: number) => {
      if (done === 1 && total >= MANY)
        onEvent({ kind: 'preparing', what: `checking ${total} photographs and labels of split ${split}` });
    };
    const assessed = await assess(
      source,
      split,
      { for: use, leastSide: least },
      { skipBad, onProgress, ...(signal && { signal }) },
    );
    sayTaken(source, assessed, use, onEvent);
    return assessed;
  };
  return {
    classes,
    async check(signal) {
      const training = await check(dataOptions.split ?? defaultSplits.training, 'training', signal);
      if (!isMixed(request)) requireOneStep(config, training.dataset);
      for (const what of [scored.doubt, overlap]) if (what !== undefined) onEvent({ kind: 'warning', what });
      const scoring = scored.split === undefined ? undefined : await check(scored.split, 'scoring', signal);
      return {
        dataset: training.dataset,
        validation: scoring?.dataset,
        leftOut: [...training.leftOut, ...(scoring?.leftOut ?? [])],
      };
    },
  };
}

/** The split to score; undefined if none is wanted or, with a warning, if none was named and the set has none. */
async function validationSplit(
  { validationSplit: named }: TrainRequest,
  source: Source,
): Promise<{ readonly split?: string; readonly doubt?: string }> {
  if (named === 'none') return {};
  const split = named ?? defaultSplits.scoring;
  try {
    await source.open(split);
    return { split };
  } catch (error) {
    if (!(error instanceof HmsaError)) throw error;
    if (named !== undefined) throw withWayOut(error);
    return { doubt: `no scores during training: ${error.message}` };
  }
}

/**
 * A warning that some photographs are both trained on and scored, so that the scores say nothing about others. This is
 * allowed if the split to score was named, for example to see whether a model can learn a set by heart.
 *
 * @throws HmsaError if it was not named
 */
async function overlapOf(
  { dataOptions = {}, validationSplit }: TrainRequest,
  source: Source,
  scored: string | undefined,
): Promise<string | undefined> {
  if (scored === undefined) return undefined;
  const split = dataOptions.split ?? defaultSplits.training;
  const [learned, shown] = [asFiles(await source.open(split)), asFiles(await source.open(scored))];
  if (learned === undefined || shown === undefined) return undefined;
  const known = new Set(learned.parts.items.map(({ image }) => image));
  const count = shown.parts.items.filter(({ image }) => known.has(image)).length;
  if (count === 0) return undefined;
  const received = `${count} of its ${shown.length} ${shown.length === 1 ? 'photograph' : 'photographs'} in split ${split} too`;
  if (validationSplit !== undefined) {
    return `split ${scored} has ${received}; scores on training photographs say nothing about others`;
  }
  throw new HmsaError({
    operation: `split ${scored} of ${source.spec}`,
    expected: 'photographs to score that are not trained on',
    received,
    remedy: `Add --validation none to train without scores, or leave out --split ${split} to train on the split ${defaultSplits.training}.`,
  });
}

function withWayOut(error: HmsaError): HmsaError {
  const { operation, expected, received, remedy } = error;
  const wayOut = 'Without scores: --validation none.';
  return new HmsaError({
    operation: `--validation: ${operation}`,
    expected,
    received,
    remedy: remedy === undefined ? wayOut : `${remedy} ${wayOut}`,
    cause: error,
  });
}

function sayTaken(
  source: Source,
  assessed: Assessment,
  use: Use['for'],
  onEvent: (event: TrainEvent) => void,
): void {
  const what =
    use === 'training'
      ? describeTaken('training on', source, assessed)
      : describeAlso('scoring on', assessed);
  onEvent({ kind: 'preparing', what });
  const passedOver = namesPassedOver(source, assessed.split, use === 'training');
  for (const what of describeIdle(assessed, passedOver)) onEvent({ kind: 'warning', what });
}

/** A step of more batches than an epoch has would use photographs twice in one epoch. */
function requireOneStep({ batch, accumulate }: TrainConfig, { length, mixture }: Dataset): void {
  const samples = mixture?.samples ?? length;
  const batches = Math.ceil(samples / batch);
  if (accumulate <= batches) return;
  throw new HmsaError({
    operation: 'config, accumulate',
    expected: `at most ${batches}, the batches of ${batch} in an epoch of ${samples} photographs`,
    received: String(accumulate),
    remedy: 'Lower accumulate or batch, or use more data.',
  });
}
