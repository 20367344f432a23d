import { beginRun, resumeRun, type TrainHooks, type TrainResult } from '../../training/run/index.js';
import { RunFolder } from './run-folder.js';
import { nodePlatform } from './run-platform.js';
import {
  checkChanges,
  checkRequest,
  type ResumeChanges,
  requestAgain,
  type TrainRequest,
  withAbsolutePaths,
} from './train-request.js';

/**
 * Trains a model on a data set, all phases of the configuration, into a new or empty folder: `model.safetensors`,
 * `run.json`, `metrics.jsonl`, `checkpoints/`.
 *
 * An abort finishes the current step and saves. {@link resumeTraining} continues from there.
 *
 * @throws HmsaError when the folder holds a run or other files, another process uses it, the configuration does not fit
 *   the data, a file cannot be read, or the loss is not finite; what was saved before does not change
 */
export async function train(
  request: TrainRequest,
  out: string,
  hooks: TrainHooks = {},
): Promise<TrainResult> {
  checkRequest(request);
  const folder = new RunFolder(out);
  return beginRun(withAbsolutePaths(request), folder, nodePlatform(folder.path), hooks);
}

/**
 * Resumes an interrupted run from its last checkpoint, exactly: with the same versions, processor and thread count, the
 * model has the same bits as without the interruption.
 *
 * @throws HmsaError when there is no run in the folder, another process uses it, its checkpoint is missing, damaged or
 *   of another run, or its training data have changed. The validation data may change
 */
export async function resumeTraining(
  out: string,
  hooks: TrainHooks = {},
  changes: ResumeChanges = {},
): Promise<TrainResult> {
  checkChanges(changes);
  const folder = new RunFolder(out);
  return resumeRun(folder, nodePlatform(folder.path), hooks, (record) => requestAgain(record, changes));
}
