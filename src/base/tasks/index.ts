export { mapBounded } from './map-bounded.js';
export { RunQueue } from './run-queue.js';
