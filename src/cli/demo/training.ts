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

/** Goes on with the run that an interrupted demo has left in the folder, or trains anew where there is none to go on with. */
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
      // A damaged checkpoint is worth less than a demo that works; what fails later would fail again.
      if (hasStepped || !(error instanceof HmsaError)) throw error;
      hooks.onEvent?.({ kind: 'warning', what: `the training begins anew: ${error.message}` });
    }
  }
  await removeRun(folder);
  return train(request, folder, hooks);
}
