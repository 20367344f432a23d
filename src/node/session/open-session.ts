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
import type { SessionThread } from './worker.js';

const worker = new URL('./worker.js', import.meta.url);

/** A thread without a session. */
let ahead: WorkerThread<SessionCalls> | undefined;

/**
 * Starts the thread of the next session on the CPU or a GPU, so that it starts and loads ONNX Runtime while its owner reads a
 * model and makes a graph of it. It is for programs that end when their sessions do: what no session takes stays.
 */
export function startSessionAhead(): void {
  ahead ??= startThread(worker, true);
}

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
  entry = worker,
): Promise<Session> {
  checkArgument(isObject(options), 'openSession', 'an object of options', options);
  const isScript = entry instanceof URL && entry.protocol === 'file:';
  checkArgument(isScript, 'openSession', 'the file: URL of a script', entry);
  return openWorkerSession(() => takeAhead(entry) ?? startThread(entry), model, options);
}

function takeAhead(entry: URL): WorkerThread<SessionCalls> | undefined {
  if (entry !== worker || !ahead?.isAlive) return undefined;
  const taken = ahead;
  ahead = undefined;
  return taken;
}

function startThread(entry: URL, isAhead = false): WorkerThread<SessionCalls> {
  const flags = nativeCallFlags();
  return new WorkerThread<SessionCalls>(entry, {
    name: 'session',
    data: { flags, isAhead } satisfies SessionThread,
    remedy: 'Open the session again. Its state is lost.',
    onEnd: waitAtExit(flags),
  });
}
