/** A thread of the loader: opens the data set from its source and makes one batch after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { type Port, serve } from '../../base/calls.js';
import { type BatchCalls, batchHandlers } from '../../data/batches/index.js';
import { openDatasetModule } from '../datasets/index.js';

// The threads of the pool already work in parallel. Threads of libvips would only compete with them.
sharp.concurrency(1);

// If the data set cannot be opened, the first call reports the error.
const opening = openDatasetModule(workerData).then(batchHandlers);
opening.catch(() => {});

serve<BatchCalls>(parentPort as unknown as Port, {
  batch: async (...asked) => (await opening).batch(...asked),
  centroids: async (...asked) => (await opening).centroids(...asked),
});
