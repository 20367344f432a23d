/** One tile along one side of an image at a scale, in pixels there. */
export interface Span {
  readonly start: number;
  readonly length: number;
  /** What of it no other tile counts: cells between two borders belong to one tile. */
  readonly own: readonly [from: number, to: number];
  /** Where it fades in over the tile before it, and out under the one behind it; nowhere at the ends of the side. */
  readonly fadeIn: readonly [from: number, to: number];
  readonly fadeOut: readonly [from: number, to: number];
}

const FIRST = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;
const LAST = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY] as const;

/**
 * The share of the halo over which two tiles fade into each other, on both sides of their border. Tiles whose borders are closer than
 * that fade over what is between them: no more than two tiles count at one place.
 */
const FADE = 0.25;

/**
 * Divides a side into tiles of one length that overlap by at least two halos. All start on the stride of the network, and
 * their length has the same remainder by the stride as the side has, so that every layer pads and rounds as it does for
 * the whole side.
 *
 * @param most the longest tile
 * @returns undefined when that is too short for the halos
 */
export function spansOf(whole: number, stride: number, halo: number, most: number): Span[] | undefined {
  if (whole <= most) {
    return [{ start: 0, length: whole, own: [0, whole], fadeIn: FIRST, fadeOut: LAST }];
  }
  const aligned = (length: number) =>
    Math.floor((length - (whole % stride)) / stride) * stride + (whole % stride);
  const longest = aligned(most);
  // A stride more, because starts are rounded to it.
  const overlap = 2 * Math.ceil(halo / stride) * stride + stride;
  const step = longest - overlap;
  if (step < stride) return undefined;
  const count = Math.ceil((whole - longest) / step) + 1;
  // The shortest tiles of that number.
  const shortest = Math.ceil((whole + (count - 1) * overlap) / count / stride) * stride + (whole % stride);
  const length = Math.min(longest, shortest);
  const starts = Array.from({ length: count }, (_, i) =>
    i === count - 1 ? whole - length : Math.floor((i * (whole - length)) / (count - 1) / stride) * stride,
  );
  const middles = starts
    .slice(1)
    .map((start, i) => Math.round((start + starts[i]! + length) / 2 / stride) * stride);
  const borders = middles.map((middle, i) => {
    const apart = Math.min(middle - (middles[i - 1] ?? -whole), (middles[i + 1] ?? 2 * whole) - middle);
    const half = Math.min(FADE * halo, apart / 2);
    return { middle, fade: [middle - half, middle + half] as const };
  });
  return starts.map((start, i) => ({
    start,
    length,
    own: [borders[i - 1]?.middle ?? 0, borders[i]?.middle ?? whole],
    fadeIn: borders[i - 1]?.fade ?? FIRST,
    fadeOut: borders[i]?.fade ?? LAST,
  }));
}

/** How much a tile counts at a place; over all tiles of a side the shares sum to 1. */
export function shareAt({ fadeIn, fadeOut }: Span, place: number): number {
  return Math.min(rise(fadeIn, place), 1 - rise(fadeOut, place));
}

function rise([from, to]: readonly [number, number], place: number): number {
  if (place <= from) return 0;
  return place >= to ? 1 : (place - from) / (to - from);
}
