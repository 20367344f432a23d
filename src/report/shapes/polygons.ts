import { checkArgument, checkTexts, isRecord } from '../../base/errors/index.js';
import { checkPixels } from '../../base/pixels.js';
import type { ClassMap } from '../../data/index.js';
import { simplifyBorders } from './simplify-borders.js';
import { type Arc, type ArcUse, traceBorders } from './trace.js';

/** A closed line whose last point is its first one, in pixels. */
export type Ring = readonly (readonly [x: number, y: number])[];

/** A region: pixels of one class that are connected by their sides. */
export interface PolygonFeature {
  readonly type: 'Feature';
  readonly properties: {
    /** Train id. */
    readonly id: number;
    readonly class: string;
    /** The pixels of the region, before its outline was simplified. */
    readonly pixels: number;
  };
  readonly geometry: {
    readonly type: 'Polygon';
    /** The outer ring, then the holes. */
    readonly coordinates: readonly Ring[];
  };
}

/** Regions in the form of GeoJSON, in pixels instead of degrees. */
export interface Polygons {
  readonly type: 'FeatureCollection';
  readonly features: readonly PolygonFeature[];
}

export interface PolygonOptions {
  /** The most pixels by which a border may move when points are left out; 0: exact. Default 1. */
  readonly tolerance?: number;
  /** Regions of fewer pixels are left out. Default: none is. */
  readonly leastPixels?: number;
}

/**
 * The regions of a label map as polygons. Pixels of no class are left out.
 *
 * Coordinates are in pixels: (0, 0) is the upper left corner of the image, x grows to the right and y **downwards**; the pixel
 * (0, 0) covers 0 … 1. Outer rings run so that their area by the usual formula, in these coordinates, is above 0, and holes the
 * other way: GeoJSON's rule, which looks clockwise on a screen because y points down.
 *
 * Neighbours share their borders point by point, also where these are simplified, and borders never cross. A region that lies
 * nearer to a border of another one than the tolerance may come to lie on its other side.
 *
 * @param labels train ids, H·W, row-major
 * @throws HmsaError when the labels are not one byte for each pixel, the classes have no names, or an option is out of range
 */
export function polygons(
  labels: Uint8Array,
  width: number,
  height: number,
  classes: Pick<ClassMap, 'names'>,
  options: PolygonOptions = {},
): Polygons {
  checkPixels({ data: labels, width, height }, 'polygons', { channels: 1 });
  checkArgument(isRecord(classes), 'polygons', 'classes with names', classes);
  checkTexts(classes.names, 'polygons, names', 'a list of names');
  checkArgument(isRecord(options), 'polygons', 'an object of options', options);
  const { names } = classes as Pick<ClassMap, 'names'>;
  const { tolerance = 1, leastPixels = 0 } = options as PolygonOptions;
  const isAmount = (value: unknown) =>
    typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
  checkArgument(isAmount(tolerance), 'polygons, tolerance', 'a number of pixels, 0 or more', tolerance);
  checkArgument(isAmount(leastPixels), 'polygons, leastPixels', 'a number of pixels, 0 or more', leastPixels);
  const { arcs, regions } = traceBorders(labels, width, height);
  const lines = tolerance === 0 ? arcs : simplifyBorders(arcs, tolerance);
  const features = regions
    .filter(({ label, pixels }) => label < names.length && pixels >= leastPixels)
    .map(
      ({ label, pixels, rings }): PolygonFeature => ({
        type: 'Feature',
        properties: { id: label, class: names[label]!, pixels },
        geometry: { type: 'Polygon', coordinates: rings.map((ring) => ringOf(ring, lines)) },
      }),
    );
  return { type: 'FeatureCollection', features };
}

function ringOf(uses: readonly ArcUse[], arcs: readonly Arc[]): Ring {
  const ring: [number, number][] = [];
  for (const { arc, reversed } of uses) {
    const points = arcs[arc]!;
    const count = points.length / 2;
    // The last point of an arc is the first one of the next.
    for (let i = 0; i < count - 1; i++) {
      const at = reversed ? count - 1 - i : i;
      ring.push([points[2 * at]!, points[2 * at + 1]!]);
    }
  }
  ring.push(ring[0]!);
  return ring;
}
