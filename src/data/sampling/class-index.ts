import type { Centroid } from './centroids.js';

/** The places of each class in a data set, as plain data. */
export interface ClassIndex {
  /** Size of the tiles in pixels; equal to that of the crops. */
  readonly tile: { readonly width: number; readonly height: number };
  /** For each train id a flat list: sample, x, y, sample, x, y, … */
  readonly places: readonly (readonly number[])[];
}

/** Collects the centroids of a data set, sample by sample, into a {@link ClassIndex}. */
export function buildClassIndex(
  tile: ClassIndex['tile'],
  classes: number,
  centroids: readonly (readonly Centroid[])[],
): ClassIndex {
  const places: number[][] = Array.from({ length: classes }, () => []);
  for (const [sample, found] of centroids.entries()) {
    for (const { label, x, y } of found) places[label]!.push(sample, x, y);
  }
  return { tile: { width: tile.width, height: tile.height }, places };
}

/** Train ids of the classes that occur nowhere, so that no crop can be centred on them. */
export function classesWithoutPlaces({ places }: ClassIndex): number[] {
  return places.flatMap((found, label) => (found.length === 0 ? [label] : []));
}
