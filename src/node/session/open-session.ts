import { checkArgument, isObject } from '../../base/errors/index.js';
import {
  checkOptions,
  type Session,
  type SessionOptions,
  type TransferOption,
} from '../../engine/runtime/index.js';
import { sendableModel } from './sendable-model.js';
import { WorkerLine } from './worker-line.js';
import { SharedWorkerLine, WorkerSession } from './worker-session.js';

/**
 * Opens a session in a thread of its own, because a run of onnxruntime-node blocks the thread that asks for it.
 * Its siblings live in the same thread, which ends with the last of them.
 *
 * The thread keeps the process alive only while a call is under way, so a program that forgets
 * {@link Session.dispose} still ends. `process.exit` during a run waits for that run.
 *
 * @param model the bytes of an ONNX file; copied, unless they are transferred or in shared memory
 * @throws HmsaError when the device is missing, or the model or an option does not fit
 */
export async function openSession(
  model: Uint8Array,
  options: SessionOptions & TransferOption = {},
  /** The worker's script; a test puts another in its place. */
  entry = new URL('./worker.js', import.meta.url),
): Promise<Session> {
  checkArgument(isObject(options), 'openSession', 'an object of options', options);
  const isScript = entry instanceof URL && entry.protocol === 'file:';
  checkArgument(isScript, 'openSession', 'the file: URL of a script', entry);
  const { transfer = false, ...sessionOptions } = options;
  checkOptions(sessionOptions);
  const sent = sendableModel(model, transfer);
  const line = new WorkerLine(entry, { model: sent, options: sessionOptions });
  try {
    return new WorkerSession(new SharedWorkerLine(line), await line.opened());
  } catch (error) {
    await line.close();
    throw error;
  }
}
