export type { ServedRequest, ServeLimits, ServeOptions } from './options.js';
export { type RunningServer, serve } from './serve.js';
