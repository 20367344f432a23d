/** How many of a picture's values, which have 8 bits, are at each of the 256 levels. */
export type Levels = Float64Array;

/** @param known the levels of other parts of the picture, to which these are added */
export function levelsOf(data: Uint8Array, known: Levels = new Float64Array(256)): Levels {
  // Four counters in turns: to count a value again waits for the last count of it, and neighbours are alike.
  const counter = () => new Uint32Array(256);
  const [a, b, c, d] = [counter(), counter(), counter(), counter()];
  let i = 0;
  for (const end = data.length - (data.length % 4); i < end; i += 4) {
    a[data[i]!]!++;
    b[data[i + 1]!]!++;
    c[data[i + 2]!]!++;
    d[data[i + 3]!]!++;
  }
  for (; i < data.length; i++) a[data[i]!]!++;
  for (let value = 0; value < 256; value++) known[value]! += a[value]! + b[value]! + c[value]! + d[value]!;
  return known;
}

/** The least and the most of a picture's values. */
export interface ValueRange {
  readonly least: number;
  readonly most: number;
}

/** The range of all values. */
export function rangeOf(levels: Levels): ValueRange {
  return rangeWithout(levels, 0, 0);
}

/**
 * Sensors have hot pixels and dead ones, and a few of them must not hide what the other 99.9% of a picture are.
 */
const STRAY = 0.001;

/**
 * The range of the values without stray ones, at most a thousandth at either end.
 *
 * @param white values at the upper end that do not count either, of pixels that are transparent over white
 */
export function usualRange(levels: Levels, white = 0): ValueRange {
  const stray = STRAY * levels.reduce((sum, count) => sum + count, 0);
  return rangeWithout(levels, stray, stray + white);
}

function rangeWithout(levels: Levels, low: number, high: number): ValueRange {
  let least = 0;
  for (let below = levels[0]!; least < 255 && below <= low; ) below += levels[++least]!;
  let most = 255;
  for (let above = levels[255]!; most > 0 && above <= high; ) above += levels[--most]!;
  return { least, most };
}
