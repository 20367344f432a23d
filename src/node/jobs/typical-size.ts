import { HmsaError } from '../../base/errors/index.js';
import type { Dataset, Size } from '../../data/index.js';
import { SyntheticDataset } from '../../scenes/index.js';
import { FileDataset, mapBounded } from '../datasets/index.js';
import { imageSize } from '../images/index.js';

/** Photographs whose headers are read, evenly over the set: more of them would hardly move the median. */
const MOST_READ = 500;

/**
 * The size of the photographs of a data set: that of the one with the median area. Headers are all that is read, and
 * files that cannot be are passed over. Undefined where it cannot be told.
 */
export async function typicalSize(dataset: Dataset): Promise<Size | undefined> {
  if (dataset instanceof SyntheticDataset) {
    const { width, height } = dataset.parts;
    return { width, height };
  }
  if (!(dataset instanceof FileDataset)) return undefined;
  const { items } = dataset.parts;
  const count = Math.min(items.length, MOST_READ);
  const sizes = await mapBounded(count, 8, async (i) => {
    try {
      return await imageSize(items[Math.floor((i * items.length) / count)]!.image);
    } catch (error) {
      if (error instanceof HmsaError) return undefined;
      throw error;
    }
  });
  const read = sizes.filter((size) => size !== undefined);
  read.sort((a, b) => a.width * a.height - b.width * b.height || a.width - b.width);
  return read[Math.floor(read.length / 2)];
}
