/** The thread of a session and its siblings. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Handlers, type Port, serve } from '../../base/calls.js';
import { type SessionCalls, sessionHandlers } from '../../engine/runtime/index.js';
import { loadNativeAhead, openSessionInThread } from './load-runtime.js';
import { type Flags, insideNativeCall } from './native-calls.js';

/** What the thread is started with. */
export interface SessionThread {
  readonly flags: Flags;
  /** Whether to load ONNX Runtime before a session asks for it. */
  readonly isAhead: boolean;
}

const { flags, isAhead } = workerData as SessionThread;

/** The same handlers, wrapped so that the end of the process waits for each call. */
function asNativeCalls(handlers: Handlers<SessionCalls>): Handlers<SessionCalls> {
  const guarded = Object.entries(handlers).map(([name, handler]) => [
    name,
    (...asked: [never, AbortSignal]) => insideNativeCall<unknown>(flags, () => handler(...asked)),
  ]);
  return Object.fromEntries(guarded);
}

serve<SessionCalls>(parentPort as unknown as Port, asNativeCalls(sessionHandlers(openSessionInThread)));
if (isAhead) void insideNativeCall(flags, async () => loadNativeAhead());
