import { join } from 'node:path';
import {
  beginRun,
  RunFiles,
  readRecord,
  resumeRun,
  type TrainHooks,
  type TrainResult,
} from '../../training/run/index.js';
import { Board, EXAMPLES } from '../tensorboard/index.js';
import { fittedRequest } from './fit-training.js';
import { RunFolder } from './run-folder.js';
import { nodePlatform } from './run-platform.js';
import {
  checkChanges,
  checkRequest,
  type ResumeChanges,
  requestAgain,
  requestShape,
  type TrainRequest,
  withAbsolutePaths,
} from './train-request.js';

/**
 * Trains a model on a data set, all phases of the configuration, into a new or empty folder: `model.safetensors`,
 * `run.json`, `metrics.jsonl`, `checkpoints/`, and on request `tensorboard/`.
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
  const fitted = await fittedRequest(request);
  return withBoard(request.tensorboard, folder, hooks, (shown) =>
    beginRun(withAbsolutePaths(fitted), folder, nodePlatform(folder.path), shown),
  );
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
  const platform = nodePlatform(folder.path);
  const { tensorboard = await recordedBoard(folder) } = changes;
  return withBoard(tensorboard, folder, hooks, (shown) =>
    resumeRun(folder, platform, shown, (record) => requestAgain(record, changes)),
  );
}

async function recordedBoard(folder: RunFolder): Promise<TrainRequest['tensorboard']> {
  // The record repeats the request, with the keys that only Node knows.
  const record: object = await readRecord(new RunFiles(folder), requestShape);
  return (record as Pick<TrainRequest, 'tensorboard'>).tensorboard;
}

/** Runs a training whose events also go to TensorBoard, if that is asked for. */
async function withBoard(
  asked: TrainRequest['tensorboard'],
  folder: RunFolder,
  hooks: TrainHooks,
  run: (hooks: TrainHooks) => Promise<TrainResult>,
): Promise<TrainResult> {
  if (asked === undefined || asked === false) return run(hooks);
  const { onEvent, examples = 0 } = hooks;
  const board = new Board(asked === true ? join(folder.path, 'tensorboard') : asked, (what) =>
    onEvent?.({ kind: 'warning', what }),
  );
  try {
    return await run({
      ...hooks,
      examples: Math.max(examples, EXAMPLES),
      async onEvent(event) {
        await Promise.all([onEvent?.(event), board.take(event)]);
      },
    });
  } finally {
    await board.close();
  }
}
