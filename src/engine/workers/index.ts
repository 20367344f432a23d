export type { SessionCalls } from './session-calls.js';
export { sessionHandlers } from './session-handlers.js';
export { openWorkerSession } from './worker-session.js';
