import { HmsaError } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import type { ModelConfig } from '../../model/index.js';
import { type Checkpoint, checkCheckpoint } from '../checkpoint.js';
import { markOf, type RunRecord } from './record.js';
import { givenAgain, type OwnData, type RunRequest } from './request.js';
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
