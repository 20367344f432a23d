import { type Centroid, type Dataset, tileCentroids } from '../../data/index.js';
import type { CentroidJob, Job, ResultOf } from './job.js';
import { makeBatch } from './make-batch.js';
import { readLabel } from './source.js';

/** Does a job; the same in a worker and in the calling thread. */
export async function doJob<J extends Job>(dataset: Dataset, job: J): Promise<ResultOf[J['kind']]> {
  const result = job.kind === 'batch' ? makeBatch(dataset, job) : findCentroids(dataset, job);
  return result as Promise<ResultOf[J['kind']]>;
}

async function findCentroids(dataset: Dataset, { index, tile }: CentroidJob): Promise<Centroid[]> {
  const map = await readLabel(dataset, index);
  if (map === undefined) return [];
  return tileCentroids(map.label, map.width, map.height, tile, dataset.classes.names.length);
}
