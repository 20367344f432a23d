export { mapBounded } from './map-bounded.js';
export { type ReadAhead, readAhead } from './read-ahead.js';
export { RunQueue } from './run-queue.js';
