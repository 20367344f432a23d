import { fork } from 'node:child_process';
import { HmsaError } from '../../../base/errors/index.js';
import type { TrainEvent, TrainHooks } from '../../../training/run/index.js';
import type { TrainRequest } from '../train-request.js';

/** What the process of an arm is told. */
export type ToArm =
  | { readonly kind: 'train'; readonly request: TrainRequest; readonly out: string }
  | { readonly kind: 'resume'; readonly out: string }
  | { readonly kind: 'stop' };

/** What it tells. */
export type FromArm =
  | { readonly kind: 'event'; readonly event: TrainEvent }
  | { readonly kind: 'done'; readonly interrupted: boolean }
  | { readonly kind: 'failed'; readonly message: string; readonly parts?: Failure };

export type Failure = Pick<HmsaError, 'operation' | 'expected' | 'received'> & { readonly remedy?: string };

/**
 * Trains in a process of its own, so that the memory that an arm takes is its own, and so is its end if there is too little.
 *
 * @returns whether it was interrupted; it is saved then
 * @throws HmsaError of the training, or when the process ends by itself
 */
export function trainInProcess(task: Exclude<ToArm, { kind: 'stop' }>, hooks: TrainHooks): Promise<boolean> {
  const { signal, onEvent } = hooks;
  const child = fork(new URL('./arm-main.js', import.meta.url), {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const send = (message: ToArm) => {
    // It fails if the process has ended, which the exit below reports.
    child.send(message, () => {});
  };
  const stop = () => send({ kind: 'stop' });
  signal?.addEventListener('abort', stop);
  return new Promise<boolean>((resolve, reject) => {
    child.on('message', (message: FromArm) => {
      switch (message.kind) {
        case 'event':
          Promise.resolve(onEvent?.(message.event)).catch((error: unknown) => {
            reject(error);
            stop();
          });
          break;
        case 'done':
          resolve(message.interrupted);
          break;
        case 'failed':
          reject(message.parts ? new HmsaError(message.parts) : new Error(message.message));
      }
    });
    child.on('error', reject);
    child.on('exit', (code, ended) => {
      reject(
        new HmsaError({
          operation: `training in ${task.out}`,
          expected: 'its process to end when it is done',
          received: ended === null ? `exit code ${code}` : `its end by ${ended}`,
          remedy:
            'Nothing saved is lost: run the same command again. If the memory was too small, lower --batch or --crop.',
        }),
      );
    });
    send(task);
    if (signal?.aborted) stop();
  }).finally(() => {
    signal?.removeEventListener('abort', stop);
    if (child.connected) child.disconnect();
  });
}
