import { HmsaError } from '../../base/errors/index.js';
import { augment, type Buffers, neededRegion } from '../../data/augmentation/index.js';
import type { Dataset, Sample, Size } from '../../data/index.js';
import { mapBounded } from '../datasets/index.js';
import type { BatchJob, BatchResult, SkippedSample } from './job.js';
import { Stack } from './stack.js';

/** Files of one batch that are read while the pixels of another are worked on. */
const READ_AHEAD = 2;

/** Reads, augments and stacks the samples of a batch. Photographs without labels are void throughout. */
export async function makeBatch(dataset: Dataset, job: BatchJob): Promise<BatchResult> {
  const { samples } = job;
  const { crop } = job.augment;
  const skipped: SkippedSample[] = [];
  let stack = crop && new Stack(samples.length, crop);
  const ids = await mapBounded(samples.length, READ_AHEAD, async (slot) => {
    // A crop is made where it belongs in the batch; of what is not cropped the first one tells the size.
    const sample = await readOrReplace(dataset, job, slot, skipped, crop && stack?.slot(slot));
    stack ??= new Stack(samples.length, sample);
    if (!crop) stack.put(slot, sample);
    return sample.id;
  });
  const { images, labels, width, height } = stack!;
  skipped.sort((a, b) => a.index - b.index);
  return { images, labels, size: [ids.length, height, width], ids, skipped };
}

/** The augmented sample of a slot, or of the next one in the data set that can be read. */
async function readOrReplace(
  dataset: Dataset,
  job: BatchJob,
  slot: number,
  skipped: SkippedSample[],
  into: Buffers | undefined,
): Promise<Sample> {
  const { index, position, center } = job.samples[slot]!;
  const key = { seed: job.seed, epoch: job.epoch, position };
  for (let tried = 0; ; tried++) {
    const at = (index + tried) % dataset.length;
    const around = tried === 0 ? center : undefined;
    try {
      const needed = (whole: Size) => neededRegion(whole, job.augment, key, around);
      const sample = await (dataset.getPart ? dataset.getPart(at, needed) : dataset.get(at));
      return augment(sample, job.augment, key, around, into);
    } catch (error) {
      if (!job.skipBad || !(error instanceof HmsaError)) throw error;
      if (!skipped.some((entry) => entry.index === at)) skipped.push({ index: at, message: error.message });
      if (tried === dataset.length - 1) throw error;
    }
  }
}
