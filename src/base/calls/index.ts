export { Caller } from './caller.js';
export type { Answer, CallOptions, Calls, Remote, Request } from './calls.js';
export type { Port } from './messages.js';
export { type Handlers, serve, Transferring } from './serve.js';
