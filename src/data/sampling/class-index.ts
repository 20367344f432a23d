import { checkArgument, isObject } from '../../base/errors/index.js';
import { type Centroid, isTile, type TileSize } from './centroids.js';

/** The places of each class in a data set, as plain data. */
export interface ClassIndex {
  /** Size of the tiles in pixels; equal to that of the crops. */
  readonly tile: TileSize;
  /** For each train id a flat list: sample, x, y, sample, x, y, … */
  readonly places: readonly (readonly number[])[];
}

/**
 * Collects the centroids of a data set, sample by sample, into a {@link ClassIndex}.
 *
 * @throws HmsaError when a centroid is of no class
 */
export function buildClassIndex(
  tile: TileSize,
  classes: number,
  centroids: readonly (readonly Centroid[])[],
): ClassIndex {
  checkArgument(isTile(tile), 'buildClassIndex', 'a tile as { width, height } in pixels', tile);
  const isCount = Number.isInteger(classes) && classes >= 0 && classes <= 255;
  checkArgument(isCount, 'buildClassIndex', 'a number of classes up to 255', classes);
  const areLists = Array.isArray(centroids) && centroids.every(Array.isArray);
  checkArgument(areLists, 'buildClassIndex', 'a list of centroids for each sample', centroids);
  const expected = `centroids { label, x, y } of ${classes} classes`;
  const places: number[][] = Array.from({ length: classes }, () => []);
  for (const [sample, found] of centroids.entries()) {
    for (const centroid of found as readonly Centroid[]) {
      const ofClass = isObject(centroid) ? places[centroid.label] : undefined;
      checkArgument(ofClass !== undefined, 'buildClassIndex', expected, centroid);
      ofClass.push(sample, centroid.x, centroid.y);
    }
  }
  return { tile: { width: tile.width, height: tile.height }, places };
}

/** Train ids of the classes that occur nowhere, so that no crop can be centred on them. */
export function classesWithoutPlaces({ places }: ClassIndex): number[] {
  return places.flatMap((found, label) => (found.length === 0 ? [label] : []));
}
