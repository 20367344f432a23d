/** The thread of a session and its siblings. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Handlers, type Port, serve } from '../../base/calls.js';
import { type SessionCalls, sessionHandlers } from '../../engine/runtime/index.js';
import { openSessionInThread } from './load-runtime.js';
import { insideNativeCall } from './native-calls.js';

/** The same handlers, wrapped so that the end of the process waits for each call. */
function asNativeCalls(handlers: Handlers<SessionCalls>): Handlers<SessionCalls> {
  const guarded = Object.entries(handlers).map(([name, handler]) => [
    name,
    (...asked: [never, AbortSignal]) => insideNativeCall<unknown>(workerData, () => handler(...asked)),
  ]);
  return Object.fromEntries(guarded);
}

serve<SessionCalls>(parentPort as unknown as Port, asNativeCalls(sessionHandlers(openSessionInThread)));
