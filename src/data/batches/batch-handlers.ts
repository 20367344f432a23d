import { type Handlers, Transferring } from '../../base/calls.js';
import { type Centroid, checkLabelMap, type Dataset, tileCentroids } from '../index.js';
import type { BatchCalls, CentroidRequest } from './batch-calls.js';
import { makeBatch } from './make-batch.js';

/** Answers the calls of a loader from a data set, in a worker thread or in the calling thread. */
export function batchHandlers(dataset: Dataset): Handlers<BatchCalls> {
  return {
    async batch(request, signal) {
      const made = await makeBatch(dataset, request, signal);
      const { images, labels } = made;
      return new Transferring(made, [images.buffer as ArrayBuffer, labels.buffer as ArrayBuffer]);
    },
    centroids: (request) => findCentroids(dataset, request),
  };
}

async function findCentroids(
  dataset: Dataset,
  { index, tile }: CentroidRequest,
): Promise<readonly Centroid[]> {
  const classes = dataset.classes.names.length;
  const map = await (dataset.getLabel ? dataset.getLabel(index) : dataset.get(index));
  if (map?.label === undefined) return [];
  const { label, width, height } = map;
  checkLabelMap({ label, width, height }, `sample ${index} of the data set`, classes);
  return tileCentroids(label, width, height, tile, classes);
}
