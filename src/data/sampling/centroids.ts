import { checkArgument, isRecord } from '../../base/errors/index.js';
import { checkLabel } from '../check.js';

/** The place of a class within one tile of a label map. */
export interface Centroid {
  /** Train id. */
  readonly label: number;
  /** The pixel of the class that is nearest to the centroid of its pixels in the tile. */
  readonly x: number;
  readonly y: number;
}

export interface TileSize {
  readonly width: number;
  readonly height: number;
}

/** Whether a value is the size of a tile: whole numbers of pixels. */
export function isTile(value: unknown): value is TileSize {
  return (
    isRecord(value) &&
    [value.width, value.height].every((side) => Number.isInteger(side) && Number(side) >= 1)
  );
}

const IDS = 256;

/**
 * The centroid of every class in every tile of a label map. Tiles at the right and lower edge may be partial. If a
 * centroid lies on another class, it is moved to the nearest pixel of its own (by larger coordinate difference), so
 * that a crop around it always shows the class (Tao et al. 2020, section 4.1; Zhu et al. 2019, arXiv 1812.01593,
 * section 3.3).
 *
 * @param label train ids, H·W
 * @param classes number of classes; ids from this number on, such as void, have no centroid
 * @throws HmsaError when the label map does not have this size
 */
export function tileCentroids(
  label: Uint8Array,
  width: number,
  height: number,
  tile: TileSize,
  classes: number,
): Centroid[] {
  checkLabel(label, 'tileCentroids');
  const isSize = Number.isInteger(width) && width >= 1 && width * height === label.length;
  checkArgument(isSize, 'tileCentroids', `the width and height of ${label.length} pixels`, [width, height]);
  checkArgument(isTile(tile), 'tileCentroids', 'a tile as { width, height } in pixels', tile);
  const isCount = Number.isInteger(classes) && classes >= 0 && classes <= 255;
  checkArgument(isCount, 'tileCentroids', 'a number of classes up to 255', classes);
  const centroids: Centroid[] = [];
  const count = new Float64Array(IDS);
  const sumX = new Float64Array(IDS);
  const sumY = new Float64Array(IDS);
  for (let top = 0; top < height; top += tile.height) {
    for (let left = 0; left < width; left += tile.width) {
      const area = {
        left,
        top,
        right: Math.min(width, left + tile.width),
        bottom: Math.min(height, top + tile.height),
      };
      count.fill(0);
      sumX.fill(0);
      sumY.fill(0);
      addUp(label, width, area, count, sumX, sumY);
      for (let id = 0; id < classes; id++) {
        if (count[id] === 0) continue;
        const x = Math.round(sumX[id]! / count[id]!);
        const y = Math.round(sumY[id]! / count[id]!);
        centroids.push({ label: id, ...nearestPixel(label, width, area, id, x, y) });
      }
    }
  }
  return centroids;
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The number of pixels and the sums of coordinates by id, computed for whole runs of equal ids. */
function addUp(
  label: Uint8Array,
  width: number,
  { left, top, right, bottom }: Area,
  count: Float64Array,
  sumX: Float64Array,
  sumY: Float64Array,
): void {
  for (let y = top; y < bottom; y++) {
    const row = y * width;
    for (let x = left; x < right; ) {
      const id = label[row + x]!;
      const from = x;
      while (x < right && label[row + x] === id) x++;
      const length = x - from;
      count[id] = count[id]! + length;
      sumX[id] = sumX[id]! + (length * (from + x - 1)) / 2;
      sumY[id] = sumY[id]! + length * y;
    }
  }
}

/** Searches growing squares around a point for the class. The area must contain a pixel of it. */
function nearestPixel(
  label: Uint8Array,
  width: number,
  { left, top, right, bottom }: Area,
  id: number,
  x: number,
  y: number,
): { x: number; y: number } {
  if (label[y * width + x] === id) return { x, y };
  for (let reach = 1; ; reach++) {
    const x0 = Math.max(left, x - reach);
    const x1 = Math.min(right - 1, x + reach);
    for (let row = Math.max(top, y - reach); row <= Math.min(bottom - 1, y + reach); row++) {
      const isEdge = row === y - reach || row === y + reach;
      const step = isEdge ? 1 : Math.max(1, 2 * reach);
      for (let column = isEdge ? x0 : x - reach; column <= x1; column += step) {
        if (column >= left && label[row * width + column] === id) return { x: column, y: row };
      }
    }
  }
}
