import { HmsaError } from '../../errors/index.js';
import { checkOptions, type Session, type SessionOptions, type TransferOption } from '../../runtime/index.js';
import { WorkerLine } from './worker-line.js';
import { WorkerSession } from './worker-session.js';

/**
 * Opens a session in a thread of its own, because a run of onnxruntime-node blocks the thread that asks for it.
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
  const { transfer = false, ...sessionOptions } = options;
  checkOptions(sessionOptions);
  if (!(model instanceof Uint8Array) || model.byteLength === 0) {
    const received = model instanceof Uint8Array ? 'none' : typeof model;
    throw new HmsaError({ operation: 'model', expected: 'the bytes of an ONNX file', received });
  }
  const line = new WorkerLine(entry, { model: movable(model, transfer), options: sessionOptions });
  try {
    return new WorkerSession(line, await line.opened());
  } catch (error) {
    await line.close();
    throw error;
  }
}

/** Bytes that can go to another thread without taking anything else along. */
function movable(model: Uint8Array, transfer: boolean): Uint8Array {
  const { buffer, byteLength } = model;
  if (buffer instanceof SharedArrayBuffer) return model;
  return transfer && byteLength === buffer.byteLength ? model : new Uint8Array(model);
}
