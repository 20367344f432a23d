/** A loader's thread: opens the data set where it comes from, and makes one batch after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { type Port, serve } from '../../base/calls/index.js';
import { type BatchCalls, batchHandlers } from '../../data/batches/index.js';
import { openDatasetModule } from '../datasets/index.js';

// The threads of the pool are the parallelism; libvips' own would only compete with them.
sharp.concurrency(1);

// A data set that cannot be opened tells of itself with the first call, whose caller can mend it.
const opening = openDatasetModule(workerData).then(batchHandlers);
opening.catch(() => {});

serve<BatchCalls>(parentPort as unknown as Port, {
  batch: async (...asked) => (await opening).batch(...asked),
  centroids: async (...asked) => (await opening).centroids(...asked),
});
