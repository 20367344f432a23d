/** A loader's thread: opens the data set from plain data and does one job after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { doJob } from './do-job.js';
import type { Job } from './job.js';
import { type Answer, answerOf, transferOf } from './messages.js';
import { type DatasetSource, openSource } from './source.js';

// The threads of the pool are the parallelism; libvips' own would only compete with them.
sharp.concurrency(1);

const port = parentPort!;
const dataset = openSource(workerData as DatasetSource);

port.on('message', async (job: Job) => {
  const answer: Answer = await doJob(dataset, job).then((result) => ({ result }), answerOf);
  port.postMessage(answer, transferOf(answer));
});
