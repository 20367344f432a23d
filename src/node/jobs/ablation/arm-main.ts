import { HmsaError } from '../../../base/errors/index.js';
import { resumeTraining, train } from '../train.js';
import type { FromArm, ToArm } from './arm-process.js';

// The process of one arm. A terminal sends its signals to all processes in front; the one that started this one decides.
for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {});

const stopped = new AbortController();
const tell = (message: FromArm) => {
  if (process.connected) process.send!(message, undefined, {}, () => {});
};
process.on('disconnect', () => stopped.abort());
process.on('message', (message: ToArm) => {
  if (message.kind === 'stop') stopped.abort();
  else void run(message);
});

async function run(task: Exclude<ToArm, { kind: 'stop' }>): Promise<void> {
  const hooks = {
    signal: stopped.signal,
    onEvent: (event: Extract<FromArm, { kind: 'event' }>['event']) => tell({ kind: 'event', event }),
  };
  try {
    const { interrupted } =
      task.kind === 'train'
        ? await train(task.request, task.out, hooks)
        : await resumeTraining(task.out, hooks);
    tell({ kind: 'done', interrupted });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof HmsaError) {
      const { operation, expected, received, remedy } = error;
      const parts = { operation, expected, received, ...(remedy !== undefined && { remedy }) };
      tell({ kind: 'failed', message, parts });
    } else if (stopped.signal.aborted) {
      tell({ kind: 'done', interrupted: true });
    } else {
      tell({ kind: 'failed', message });
    }
  }
}
