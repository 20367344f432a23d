import { checkArgument } from '../base/errors/index.js';
import { checkNames } from './check.js';
import { type ClassMap, VOID } from './contracts.js';

/** The pixels of each class in a number of label maps. */
export interface ClassStatistics {
  /** Number of label maps. */
  readonly images: number;
  /** Pixels of each train id; exact integers below 2⁵³. */
  readonly classPixels: readonly number[];
  readonly voidPixels: number;
  /** Number of label maps with at least one pixel of each train id. */
  readonly classImages: readonly number[];
}

/** The train ids of a label map, including {@link VOID}, in ascending order, each with its number of pixels. */
export type LabelCounts = readonly (readonly [trainId: number, pixels: number])[];

/** @param label train ids, H·W */
export function countLabels(label: Uint8Array): LabelCounts {
  const histogram = new Uint32Array(256);
  // In runs of equal pixels, because a label map has few of them.
  for (let start = 0, end = 0; start < label.length; start = end) {
    const trainId = label[start]!;
    while (end < label.length && label[end] === trainId) end++;
    histogram[trainId]! += end - start;
  }
  return [...histogram].flatMap((pixels, trainId) => (pixels === 0 ? [] : [[trainId, pixels] as const]));
}

/** Sums the counts of several label maps. @throws HmsaError when an argument is of another kind */
export function classStatistics(maps: readonly LabelCounts[], classes: ClassMap): ClassStatistics {
  const areCounts =
    Array.isArray(maps) && maps.every((map) => Array.isArray(map) && map.every(Array.isArray));
  checkArgument(areCounts, 'classStatistics', 'lists of [train id, pixels], one for each label map', maps);
  checkNames(classes, 'classStatistics');
  const { names } = classes;
  const pixels = new Float64Array(256);
  const images = new Float64Array(256);
  for (const map of maps) {
    for (const [trainId, count] of map) {
      pixels[trainId]! += count;
      images[trainId]! += 1;
    }
  }
  return {
    images: maps.length,
    classPixels: [...pixels.subarray(0, names.length)],
    voidPixels: pixels[VOID]!,
    classImages: [...images.subarray(0, names.length)],
  };
}
