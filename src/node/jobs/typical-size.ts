import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks.js';
import type { Dataset, Size } from '../../data/index.js';

/** The most photographs that are looked at, evenly over the set. More would hardly move the median. */
const MOST_LOOKED_AT = 500;

/** The same for a data set from which only whole photographs can be read. */
const MOST_READ = 16;

/** The sizes of photographs, spread evenly over a data set. Unreadable ones are skipped. */
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

/** The typical size of photographs: that of the one with the median area. Undefined if there are none. */
export function typicalSize(sizes: readonly Size[]): Size | undefined {
  const sorted = [...sizes].sort((a, b) => a.width * a.height - b.width * b.height || a.width - b.width);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle && { width: middle.width, height: middle.height };
}

/** The largest width and the largest height of photographs, maybe of two. Undefined if there are none. */
export function largestSize(sizes: readonly Size[]): Size | undefined {
  if (sizes.length === 0) return undefined;
  return {
    width: Math.max(...sizes.map(({ width }) => width)),
    height: Math.max(...sizes.map(({ height }) => height)),
  };
}
