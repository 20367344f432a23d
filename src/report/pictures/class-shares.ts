import { checkArgument, checkTexts, isRecord } from '../../base/errors/index.js';
import type { ClassMap } from '../../data/index.js';

/** The share of an image that a class covers. */
export interface ClassShare {
  /** Train id. */
  readonly id: number;
  readonly name: string;
  readonly pixels: number;
  /** Share of the image's pixels, 0 … 1. */
  readonly share: number;
}

/**
 * The classes of a label map, the largest first. Classes that do not occur and pixels of no class are left out.
 *
 * @throws HmsaError when the labels are not bytes, or the classes have no names
 */
export function classShares(labels: Uint8Array, classes: Pick<ClassMap, 'names'>): ClassShare[] {
  checkArgument(labels instanceof Uint8Array, 'classShares', 'a label map, one byte a pixel', labels);
  checkArgument(isRecord(classes), 'classShares', 'classes with names', classes);
  checkTexts(classes.names, 'classShares, names', 'a list of names');
  const { names } = classes as Pick<ClassMap, 'names'>;
  const counts = new Uint32Array(256);
  for (const id of labels) counts[id]!++;
  return names
    .map((name, id) => ({ id, name, pixels: counts[id]!, share: counts[id]! / labels.length }))
    .filter(({ pixels }) => pixels > 0)
    .sort((a, b) => b.pixels - a.pixels);
}
