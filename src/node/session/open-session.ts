import { checkArgument, isObject } from '../../base/errors/index.js';
import {
  openWorkerSession,
  type Session,
  type SessionCalls,
  type SessionOptions,
  type TransferOption,
} from '../../engine/runtime/index.js';
import { WorkerThread } from '../worker-thread.js';
import { nativeCallFlags, waitAtExit } from './native-calls.js';
import './telemetry.js';

/**
 * Opens a session in a thread of its own, because a run of onnxruntime-node blocks its thread. Siblings of the session
 * use the same thread, which ends with the last of them.
 *
 * The thread keeps the process alive only during a call, so a program that forgets {@link Session.dispose} still ends.
 * `process.exit` during a run waits for that run.
 *
 * @param model the bytes of an ONNX file; copied, unless they are transferred or in shared memory
 * @throws HmsaError when the device is missing, or the model or an option does not fit
 */
export async function openSession(
  model: Uint8Array,
  options: SessionOptions & TransferOption = {},
  /** The script of the worker. Tests replace it. */
  entry = new URL('./worker.js', import.meta.url),
): Promise<Session> {
  checkArgument(isObject(options), 'openSession', 'an object of options', options);
  const isScript = entry instanceof URL && entry.protocol === 'file:';
  checkArgument(isScript, 'openSession', 'the file: URL of a script', entry);
  return openWorkerSession(() => startThread(entry), model, options);
}

function startThread(entry: URL): WorkerThread<SessionCalls> {
  const flags = nativeCallFlags();
  return new WorkerThread<SessionCalls>(entry, {
    name: 'session',
    data: flags,
    remedy: 'Open the session again. Its state is lost.',
    onEnd: waitAtExit(flags),
  });
}
