import {
  checkOptions,
  createSession,
  type Session,
  type SessionOptions,
  type TransferOption,
} from '../../engine/runtime/index.js';
import { loadRuntime } from './load-runtime.js';

/**
 * Opens a session in the calling thread, which each run blocks. It is for tests and small tools. Use {@link
 * openSession} otherwise.
 *
 * @param model the bytes of an ONNX file; they may be changed or freed once the promise settles
 * @throws HmsaError when the device is missing, or the model or an option does not fit
 */
export async function openSessionInThread(
  model: Uint8Array,
  options: SessionOptions & TransferOption = {},
): Promise<Session> {
  checkOptions(options);
  const { ort, device } = await loadRuntime(options);
  return createSession(ort, model, { ...options, device });
}
