import { HmsaError } from '../../base/errors/index.js';
import {
  canGoOn,
  removeRun,
  resumeTraining,
  type TrainEvent,
  type TrainHooks,
  type TrainRequest,
  type TrainResult,
  train,
} from '../../node/jobs/index.js';

/** Resumes the training of an interrupted demo in the folder, or begins a new one if there is none to resume. */
export async function trainOrGoOn(
  request: TrainRequest,
  folder: string,
  hooks: TrainHooks,
): Promise<TrainResult> {
  if (await canGoOn(request, folder)) {
    let hasStepped = false;
    const onEvent = (event: TrainEvent) => {
      hasStepped ||= event.kind === 'step';
      hooks.onEvent?.(event);
    };
    try {
      return await resumeTraining(folder, { ...hooks, onEvent });
    } catch (error) {
      // If the checkpoint is damaged, the demo trains again instead of failing. A later error would occur again.
      if (hasStepped || !(error instanceof HmsaError)) throw error;
      hooks.onEvent?.({ kind: 'warning', what: `starting the training again: ${error.message}` });
    }
  }
  await removeRun(folder);
  return train(request, folder, hooks);
}
