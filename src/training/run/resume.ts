import { HmsaError } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import type { ModelConfig } from '../../model/index.js';
import { type Checkpoint, checkCheckpoint } from '../checkpoint.js';
import { mayEndEarly } from './best.js';
import type { Fingerprints } from './platform.js';
import { markOf, type RunRecord, type Surroundings } from './record.js';
import { nameOfData, type OwnData, type RecordedData, type RunRequest } from './request.js';
import type { RunFiles } from './run-files.js';

/** Data that the record of a run cannot store, given again when the run resumes. */
export interface DataAgain {
  /** The data set that the run began with, if it was an object. */
  readonly data?: Dataset | undefined;
  /** The data to score from now on. */
  readonly validationData?: OwnData | undefined;
}

/**
 * The request to resume with, from the record of a run.
 *
 * @throws HmsaError when the run began with an object that is not given again, or the record names its data and the
 *   caller gives others
 */
export function resumedRequest(
  { data: recorded, validationData: scored, ...record }: RunRecord,
  { data, validationData }: DataAgain = {},
): RunRequest {
  const wasObject = typeof recorded === 'object' && 'object' in recorded;
  if (data !== undefined && !wasObject) {
    throw new HmsaError({
      operation: 'resumeTraining, data',
      expected: 'none, because the record of the run names its data',
      received: 'a data set',
      remedy: 'Leave data out.',
    });
  }
  const scores = scored === undefined ? validationData : givenAgain('validationData', scored, validationData);
  return {
    ...record,
    data: typeof recorded === 'string' ? recorded : givenAgain('data', recorded, data),
    ...(scores !== undefined && { validationData: scores }),
  };
}

/**
 * The data that a resumed run reads: what its record names, or the object that the caller gives again.
 *
 * @throws HmsaError when the record names an object and the caller gives none
 */
function givenAgain(
  key: 'data' | 'validationData',
  recorded: RecordedData,
  given: OwnData | undefined,
): OwnData {
  if (given !== undefined) return given;
  if (!('object' in recorded)) return recorded;
  throw new HmsaError({
    operation: 'resume',
    expected: `${nameOfData(recorded)} as ${key}, as at the beginning of the run`,
    received: 'none, and the record of the run cannot store it',
    remedy: `Give the same object again: resumeTraining(folder, hooks, { ${key} }). A run on { module, export, options } needs nothing.`,
  });
}

/**
 * What has changed since the beginning of a run and could change its bits or its scores, one line for each.
 *
 * @param trainingData their name for errors; all names, if they are several sets
 * @throws HmsaError when the training data or the pretrained weights have changed
 */
export function changesSince(
  before: RunRecord,
  found: Fingerprints,
  { versions, processor }: Surroundings,
  trainingData = nameOfData(before.data),
): string[] {
  const { fingerprints: then } = before;
  for (const [name, what] of [
    ['train', `the training data of ${trainingData}`],
    ['init', `the pretrained weights ${before.init}`],
  ] as const) {
    if (then[name] === found[name] || isEarlier(then[name], found[name])) continue;
    throw new HmsaError({
      operation: 'resume',
      expected: `${what} as they were when the run began`,
      received: 'others',
      remedy: 'Restore them, or start a new run.',
    });
  }
  const untold =
    found.train === undefined
      ? ['the training data have no fingerprint: nothing shows whether they have changed']
      : [];
  const earlier = (['train', 'validation'] as const).filter((name) => isEarlier(then[name], found[name]));
  const unknown =
    earlier.length === 0
      ? []
      : ['an earlier version began the run: nothing shows whether its data have changed'];
  const isScoredAlike = then.validation === found.validation || earlier.includes('validation');
  const scores = isScoredAlike
    ? []
    : [
        `the validation data have changed: the scores cannot be compared with earlier ones, and the best model is chosen anew${
          mayEndEarly(before.config) ? '; phases may end at other epochs than before' : ''
        }`,
      ];
  const surroundings = { ...before.versions, ...before.processor };
  const bits = Object.entries({ ...versions, ...processor }).flatMap(([name, now]) => {
    const was = (surroundings as Record<string, unknown>)[name];
    return was === now
      ? []
      : [`the run began with ${name} ${was}, this is ${now}: the bits of the model may differ`];
  });
  return [...untold, ...unknown, ...scores, ...bits];
}

/** The record to continue with, without scores that cannot be compared with new ones: those of other validation data. */
export function withComparableScores(now: RunRecord, before: RunRecord): RunRecord {
  const [then, found] = [before.fingerprints.validation, now.fingerprints.validation];
  if (then === found || isEarlier(then, found)) return now;
  const { best: _, waiting: __, ...rest } = now;
  return rest;
}

/**
 * Whether the earlier fingerprint is one of version 0.1, which covered only the ends of files, and the other is not.
 */
function isEarlier(before: string | undefined, found: string | undefined): boolean {
  return /^[0-9a-f]{64}$/.test(before ?? '') && found?.startsWith('sha256:') === true;
}

/**
 * Checks that a run resumes with the same steps in an epoch and the same classes.
 *
 * @throws HmsaError that names what differs from the record
 */
export function checkContinuation(
  { classes, stepsPerEpoch }: RunRecord,
  dataset: Dataset,
  stepsNow: number,
  file: string,
): void {
  const [then, now] = [classes.join(', '), dataset.classes.names.join(', ')];
  const [expected, received] =
    stepsPerEpoch === stepsNow
      ? [`the classes of the data, ${now}`, then]
      : [`${stepsNow} steps in an epoch, which follow from configuration and data`, String(stepsPerEpoch)];
  if (stepsPerEpoch === stepsNow && then === now) return;
  throw new HmsaError({
    operation: file,
    expected,
    received,
    remedy: 'Restore the file and the data, or start a new run.',
  });
}

/**
 * The last checkpoint of a run, checked against its record; undefined if the run has not saved one yet.
 *
 * @param before the record as the run left it
 * @param now the record to continue with
 * @throws HmsaError that names the file when it is missing, damaged, of another run or of another step
 */
export async function savedCheckpoint(
  files: RunFiles,
  before: RunRecord,
  now: RunRecord,
  model: ModelConfig,
  stepsPerEpoch: number,
): Promise<Checkpoint | undefined> {
  const [name, record] = [files.nameOf('checkpoint'), files.nameOf('record')];
  const saved = await files.readCheckpoint();
  if (saved === undefined) {
    if (before.step > 0 || before.finished) throw gone(name, record, before);
    return undefined;
  }
  const refuse = (expected: string, received: string): never => {
    throw new HmsaError({
      operation: name,
      expected,
      received,
      remedy: `Restore ${record} and ${name} together, or start a new run.`,
    });
  };
  // A run of version 0.1 that was resumed may have been killed between writing its checkpoint and its record.
  const marks = [before.formerMark, await markOf(before), await markOf(now)];
  if (saved.run !== undefined && !marks.includes(saved.run))
    refuse(`a checkpoint of the configuration and data in ${record}`, 'one of others');
  // A process that was killed may have saved one checkpoint more than it has recorded, within the epoch or at its end.
  const latest = Math.min(before.steps, (Math.floor(before.step / stepsPerEpoch) + 1) * stepsPerEpoch);
  if (saved.step < before.step || saved.step > latest)
    refuse(`a checkpoint of step ${before.step}, which ${record} names`, `one of step ${saved.step}`);
  return checkCheckpoint(model, now.config, stepsPerEpoch, saved, name, before.earlyEnds);
}

function gone(name: string, record: string, { finished, step }: RunRecord): HmsaError {
  return new HmsaError({
    operation: name,
    expected: `the checkpoint of step ${step}, which ${record} names`,
    received: 'no such file',
    remedy: finished
      ? 'The run is finished and its model is unchanged. To train it further, start a new run with it as init.'
      : 'Restore it from a copy, or start a new run.',
  });
}

/**
 * Checks that an unfinished run has no final model: such a file is somebody else's and must not be replaced. Runs of
 * version 0.1 are an exception, because they gave their interim model the same name.
 *
 * @throws HmsaError when there is one
 */
export async function checkNoModel(files: RunFiles, before: RunRecord, step: number): Promise<void> {
  if (before.formatVersion === undefined || step === before.steps) return;
  if (!(await files.hasModel())) return;
  throw new HmsaError({
    operation: files.nameOf('model'),
    expected: `no model before the last step, ${before.steps}`,
    received: 'one that this run did not write',
    remedy: 'Move it to another folder, then resume.',
  });
}
