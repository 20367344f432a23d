import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks.js';
import { augment, type Buffers, neededRegion } from '../augmentation/index.js';
import { checkSample, type Dataset, type Sample, type Size } from '../index.js';
import type { BatchRequest, MadeBatch, SkippedSample } from './batch-calls.js';
import { Stack } from './stack.js';

/** Number of files of a batch that are read at the same time. */
const READ_AHEAD = 2;

/**
 * Reads, augments and stacks the samples of a batch. The labels of photographs without labels are all void.
 *
 * @param signal an abort ends the reading and rejects with its reason, after the current files
 * @throws HmsaError that names the first sample that cannot be read or breaks the contract of a data set, unless
 *   another may replace it
 */
export async function makeBatch(
  dataset: Dataset,
  request: BatchRequest,
  signal?: AbortSignal,
): Promise<MadeBatch> {
  const { samples } = request;
  const { crop } = request.augment;
  const skipped: SkippedSample[] = [];
  let stack = crop && new Stack(samples.length, crop);
  const ids = await mapBounded(
    samples.length,
    READ_AHEAD,
    async (slot) => {
      // A crop is written directly into the batch. Without crops, the first sample determines the size.
      const sample = await readOrReplace(dataset, request, slot, skipped, crop && stack?.slot(slot));
      stack ??= new Stack(samples.length, sample);
      if (!crop) stack.put(slot, sample);
      return sample.id;
    },
    signal,
  );
  const { images, labels, width, height } = stack!;
  skipped.sort((a, b) => a.index - b.index);
  return { images, labels, size: [ids.length, height, width], ids, skipped };
}

/** The augmented sample of a slot, or the next one in the data set that can be read. */
async function readOrReplace(
  dataset: Dataset,
  request: BatchRequest,
  slot: number,
  skipped: SkippedSample[],
  into: Buffers | undefined,
): Promise<Sample> {
  const { index, position, center } = request.samples[slot]!;
  const key = { seed: request.seed, epoch: request.epoch, position };
  for (let tried = 0; ; tried++) {
    const at = (index + tried) % dataset.length;
    const around = tried === 0 ? center : undefined;
    try {
      const needed = (whole: Size) => neededRegion(whole, request.augment, key, around);
      const sample = await (dataset.getPart ? dataset.getPart(at, needed) : dataset.get(at));
      checkSample(sample, at, dataset.classes.names.length);
      return augment(sample, request.augment, key, around, into);
    } catch (error) {
      if (!request.skipBad || !(error instanceof HmsaError)) throw error;
      if (!skipped.some((entry) => entry.index === at)) skipped.push({ index: at, message: error.message });
      if (tried === dataset.length - 1) throw error;
    }
  }
}
