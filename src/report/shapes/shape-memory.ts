/** What a shape takes while it is made, in bytes: for each pixel, and for what is in its borders. Measured, and rounded up. */
const COSTS = {
  // The labels, the region of each pixel, and which of its sides have been followed.
  polygons: { pixel: 8, side: 100, turn: 750, meeting: 625 },
  rle: { pixel: 2, side: 100, turn: 0, meeting: 0 },
} as const;

/**
 * The memory in bytes that polygons or run lengths of a label map take while they are made and written. It is reckoned from the borders
 * in the map, because a map of noise takes a hundred times as much as one of a photograph. The map is read once, and nothing is
 * held.
 *
 * @param labels train ids, H·W, row-major
 * @returns `heap` is the part in objects, for which JavaScript has a limit of its own
 */
export function shapeMemory(
  kind: 'polygons' | 'rle',
  labels: Uint8Array,
  width: number,
  height: number,
): { readonly bytes: number; readonly heap: number } {
  // Sides of pixels that are borders; points at which a border turns; ends of borders at points at which three or four meet.
  let [sides, turns, meetings] = [0, 0, 0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const here = labels[i]!;
      const isLeft = x > 0 && labels[i - 1] !== here;
      const isAbove = y > 0 && labels[i - width] !== here;
      if (isLeft) sides++;
      if (isAbove) sides++;
      if (x === 0 || y === 0) continue;
      // The four sides that meet at the upper left corner of the pixel.
      const corner = labels[i - width - 1]!;
      const isUp = corner !== labels[i - width];
      const isBack = corner !== labels[i - 1];
      const ends = Number(isLeft) + Number(isAbove) + Number(isUp) + Number(isBack);
      if (ends > 2) meetings += ends;
      else if (ends === 2 && isLeft !== isUp) turns++;
    }
  }
  const cost = COSTS[kind];
  // The frame is a border too, at which others end.
  const frame = 2 * (width + height) * (cost.side + cost.turn);
  const heap = sides * cost.side + turns * cost.turn + meetings * cost.meeting + frame;
  return { bytes: labels.length * cost.pixel + heap, heap };
}
