import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks/index.js';
import type { Dataset, Size } from '../../data/index.js';

/** Photographs that are looked at, evenly over the set: more of them would hardly move the median. */
const MOST_LOOKED_AT = 500;

/** The same of a data set of which only whole photographs can be read. */
const MOST_READ = 16;

/** The sizes of photographs spread evenly over a data set. What cannot be read is passed over. */
export async function photoSizes(dataset: Dataset): Promise<Size[]> {
  const { length } = dataset;
  const count = Math.min(length, dataset.sizeOf ? MOST_LOOKED_AT : MOST_READ);
  const sizes = await mapBounded(count, 8, async (i): Promise<Size | undefined> => {
    const index = Math.floor((i * length) / count);
    try {
      return await (dataset.sizeOf ? dataset.sizeOf(index) : dataset.get(index));
    } catch (error) {
      if (error instanceof HmsaError) return undefined;
      throw error;
    }
  });
  return sizes.filter((size) => size !== undefined);
}

/** The size of the photographs of a data set: that of the one with the median area. Undefined where none can be read. */
export async function typicalSize(dataset: Dataset): Promise<Size | undefined> {
  const sizes = await photoSizes(dataset);
  sizes.sort((a, b) => a.width * a.height - b.width * b.height || a.width - b.width);
  const middle = sizes[Math.floor(sizes.length / 2)];
  return middle && { width: middle.width, height: middle.height };
}
