import { HmsaError } from '../../base/errors/index.js';
import type { Dataset } from '../../data/index.js';
import type { ModelConfig } from '../../model/index.js';
import { type Checkpoint, checkCheckpoint } from '../checkpoint.js';
import { givenAgain, type OwnData } from './own-data.js';
import { markOf, type RunRecord } from './record.js';
import type { RunRequest } from './request.js';
import type { RunFiles } from './run-files.js';

/** Data that the record of a run cannot hold, given again when the run goes on. */
export interface DataAgain {
  /** The data set that the run was begun with, where that was an object. */
  readonly data?: Dataset | undefined;
  /** What is scored from now on. */
  readonly validationData?: OwnData | undefined;
}

/**
 * The request that a run goes on with, as its record has it.
 *
 * @throws HmsaError when the run was begun with an object and it is not given again, or the record names the data and
 *   others are given
 */
export function resumedRequest(
  { data: recorded, validationData: scored, ...record }: RunRecord,
  { data, validationData }: DataAgain = {},
): RunRequest {
  const wasObject = typeof recorded === 'object' && 'object' in recorded;
  if (data !== undefined && !wasObject) {
    throw new HmsaError({
      operation: 'resumeTraining, data',
      expected: 'none: the record of the run says what it learns from',
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
 * The last checkpoint of a run, checked against its record; undefined where the run has saved none yet.
 *
 * @param before the record as the run was left
 * @param now the record that it goes on with
 * @throws HmsaError that names the file when it is gone, damaged, of another run or of another step
 */
export async function savedCheckpoint(
  files: RunFiles,
  before: RunRecord,
  now: RunRecord,
  model: ModelConfig,
  stepsPerEpoch: number,
): Promise<Checkpoint | undefined> {
  const name = files.nameOf('checkpoint');
  const saved = await files.readCheckpoint();
  if (saved === undefined) {
    if (before.step > 0 || before.finished) throw gone(name, before);
    return undefined;
  }
  const refuse = (expected: string, received: string): never => {
    throw new HmsaError({
      operation: name,
      expected,
      received,
      remedy: 'Bring run.json and checkpoints/ back as they were together, or start a new run.',
    });
  };
  // A run of version 0.1 that goes on may have been killed between its checkpoint and its record.
  const marks = [before.formerMark, await markOf(before), await markOf(now)];
  if (saved.run !== undefined && !marks.includes(saved.run))
    refuse('a checkpoint of the configuration and data that run.json tells', 'one of others');
  // A process that was killed may have saved once more than it has noted, within the epoch or at its end.
  const latest = Math.min(before.steps, (Math.floor(before.step / stepsPerEpoch) + 1) * stepsPerEpoch);
  if (saved.step < before.step || saved.step > latest)
    refuse(`a checkpoint of step ${before.step}, as run.json tells`, `one of step ${saved.step}`);
  return checkCheckpoint(model, now.config, stepsPerEpoch, saved, name);
}

function gone(name: string, { finished, step }: RunRecord): HmsaError {
  return new HmsaError({
    operation: name,
    expected: `the checkpoint of step ${step}, which run.json tells of`,
    received: 'no such file',
    remedy: finished
      ? 'The run is done and its model stays as it is; to train on from it, start another run with --init.'
      : 'Bring it back from a copy, or start a new run.',
  });
}

/**
 * A run that is not done has no final model: one that is there is somebody's, and must not be replaced. Runs of version
 * 0.1 are excepted, because they gave their interim model the same name.
 *
 * @throws HmsaError where there is one
 */
export async function checkNoModel(files: RunFiles, before: RunRecord, step: number): Promise<void> {
  if (before.formatVersion === undefined || step === before.steps) return;
  if (!(await files.hasModel())) return;
  throw new HmsaError({
    operation: files.nameOf('model'),
    expected: `none before step ${before.steps}, at which the run is done`,
    received: 'one that the run has not written',
    remedy: 'Move it to another folder, then resume.',
  });
}
