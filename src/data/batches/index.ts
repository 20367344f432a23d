export type { BatchCalls, BatchRequest, MadeBatch, SkippedSample } from './batch-calls.js';
export { batchHandlers } from './batch-handlers.js';
