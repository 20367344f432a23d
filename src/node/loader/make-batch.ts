import { augment } from '../../augment/index.js';
import { type Dataset, type Sample, VOID } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import { mapBounded } from '../datasets/index.js';
import type { BatchJob, BatchResult, SkippedSample } from './job.js';

/** Files of one batch that are read while the pixels of another are worked on. */
const READ_AHEAD = 2;

/** Reads, augments and stacks the samples of a batch. Photographs without labels are void throughout. */
export async function makeBatch(dataset: Dataset, job: BatchJob): Promise<BatchResult> {
  const skipped: SkippedSample[] = [];
  let stack: { images: Uint8Array; labels: Uint8Array; width: number; height: number } | undefined;
  const ids = await mapBounded(job.samples.length, READ_AHEAD, async (slot) => {
    const sample = await readOrReplace(dataset, job, slot, skipped);
    const { width, height } = sample;
    stack ??= allocate(job.samples.length, width, height);
    if (width !== stack.width || height !== stack.height) throw unequal(sample, stack);
    stack.images.set(sample.image, slot * width * height * 3);
    if (sample.label) stack.labels.set(sample.label, slot * width * height);
    return sample.id;
  });
  const { images, labels, width, height } = stack!;
  skipped.sort((a, b) => a.index - b.index);
  return { images, labels, size: [ids.length, height, width], ids, skipped };
}

function allocate(count: number, width: number, height: number) {
  return {
    images: new Uint8Array(count * width * height * 3),
    labels: new Uint8Array(count * width * height).fill(VOID),
    width,
    height,
  };
}

/** The augmented sample of a slot, or of the next one in the data set that can be read. */
async function readOrReplace(
  dataset: Dataset,
  job: BatchJob,
  slot: number,
  skipped: SkippedSample[],
): Promise<Sample> {
  const { index, position, center } = job.samples[slot]!;
  const key = { seed: job.seed, epoch: job.epoch, position };
  for (let tried = 0; ; tried++) {
    const at = (index + tried) % dataset.length;
    try {
      const sample = await dataset.get(at);
      return augment(sample, job.augment, key, tried === 0 ? center : undefined);
    } catch (error) {
      if (!job.skipBad || !(error instanceof HmsaError)) throw error;
      if (!skipped.some((entry) => entry.index === at)) skipped.push({ index: at, message: error.message });
      if (tried === dataset.length - 1) throw error;
    }
  }
}

function unequal(sample: Sample, stack: { width: number; height: number }): HmsaError {
  return new HmsaError({
    operation: sample.id,
    expected: `${stack.width}×${stack.height}, as the others of its batch`,
    received: `${sample.width}×${sample.height}`,
    remedy: 'Give a crop size, or batches of one.',
  });
}
