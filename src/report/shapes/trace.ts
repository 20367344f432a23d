/**
 * The borders of the regions of a label map. A region is a set of pixels of one label that are connected by their sides.
 * Borders run between pixels, so their points are whole numbers: (0, 0) is the upper left corner of the image and x grows to
 * the right, y downwards.
 */
export interface Borders {
  /** The borders' points: a point at which three or more borders meet ends an arc. */
  readonly arcs: readonly Arc[];
  /** In the order of their first pixels, row by row. */
  readonly regions: readonly TracedRegion[];
}

/** A border between two regions, or between a region and the outside, as points x, y, x, y, … */
export type Arc = readonly number[];

export interface TracedRegion {
  readonly label: number;
  readonly pixels: number;
  /** The outer ring, then the holes. Each is a list of arcs in order. */
  readonly rings: readonly (readonly ArcUse[])[];
}

/** An arc as a part of a ring, in its own direction or backwards. */
export interface ArcUse {
  readonly arc: number;
  readonly reversed: boolean;
}

/** Steps along a border in the order right, down, left, up. */
const DX = [1, 0, -1, 0] as const;
const DY = [0, 1, 0, -1] as const;

/** Finds all borders, each once, however many regions it belongs to. */
export function traceBorders(labels: Uint8Array, width: number, height: number): Borders {
  const { regionOf, sizes, first } = connected(labels, width, height);
  const at = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? -1 : regionOf[y * width + x]!;
  // Of each pixel, its sides that have been followed: 1 above, 2 right, 4 below, 8 left.
  const followed = new Uint8Array(labels.length);
  const arcs: number[][] = [];
  const known = new Map<number, number>();
  const outlines: { ring: ArcUse[]; outer: boolean }[][] = sizes.map(() => []);

  /** Follows a border from a side of a pixel, with the region on the right, and returns its points. */
  const follow = (x: number, y: number, side: number): number[] => {
    const region = at(x, y);
    const points: number[] = [];
    let [px, py, direction] = [x, y, side];
    do {
      followed[py * width + px]! |= 1 << direction;
      // The corner at the beginning of this side of the pixel.
      const [cx, cy] = corner(px, py, direction);
      points.push(cx, cy);
      const [ahead, left] = [direction, (direction + 3) % 4];
      const [ax, ay] = [px + DX[ahead]!, py + DY[ahead]!];
      if (at(ax, ay) !== region) {
        // Around this pixel. A pixel that only touches at the corner is not of the region.
        direction = (direction + 1) % 4;
      } else if (at(ax + DX[left]!, ay + DY[left]!) !== region) {
        [px, py] = [ax, ay];
      } else {
        [px, py] = [ax + DX[left]!, ay + DY[left]!];
        direction = left;
      }
    } while (!(px === x && py === y && direction === side));
    return points;
  };

  /** Whether borders meet at a point. The corners of the image count too, so that its frame stays as it is. */
  const isJunction = (x: number, y: number) => {
    if ((x === 0 || x === width) && (y === 0 || y === height)) return true;
    const [a, b, c, d] = [at(x - 1, y - 1), at(x, y - 1), at(x, y), at(x - 1, y)];
    return Number(a !== b) + Number(b !== c) + Number(c !== d) + Number(d !== a) > 2;
  };

  const addRing = (region: number, points: readonly number[]) => {
    const ring = cut(points, isJunction).map((part) => {
      const { points: canonical, reversed } = canonicalArc(part);
      // No other arc has the same first edge.
      const key = firstEdge(canonical, width);
      let arc = known.get(key);
      if (arc === undefined) {
        arc = arcs.length;
        arcs.push(canonical);
        known.set(key, arc);
      }
      return { arc, reversed };
    });
    outlines[region]!.push({ ring, outer: doubleArea(points) > 0 });
  };

  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      for (let side = 0; side < 4; side++) {
        // The neighbour beyond the side: above, right, below, left.
        const beyond = (side + 3) % 4;
        if (followed[i]! & (1 << side) || at(x + DX[beyond]!, y + DY[beyond]!) === regionOf[i]) continue;
        for (const ring of simpleRings(follow(x, y, side), width)) addRing(regionOf[i]!, ring);
      }
    }
  }
  const regions = outlines.map((rings, region) => ({
    label: labels[first[region]!]!,
    pixels: sizes[region]!,
    rings: rings.sort((a, b) => Number(b.outer) - Number(a.outer)).map(({ ring }) => ring),
  }));
  return { arcs, regions };
}

function corner(x: number, y: number, direction: number): [number, number] {
  return [x + (direction === 1 || direction === 2 ? 1 : 0), y + (direction >= 2 ? 1 : 0)];
}

/** Twice the area that a closed line encloses, above 0 if it runs from the x axis towards the y axis. */
function doubleArea(points: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < points.length; i += 2) {
    const j = (i + 2) % points.length;
    sum += points[i]! * points[j + 1]! - points[j]! * points[i + 1]!;
  }
  return sum;
}

/** A number that no other first edge has: the place where an arc begins, and its direction. */
function firstEdge([x, y, nextX, nextY]: readonly number[], width: number): number {
  const direction = nextX! > x! ? 0 : nextY! > y! ? 1 : nextX! < x! ? 2 : 3;
  return (y! * (width + 1) + x!) * 4 + direction;
}

/**
 * A border that passes a point twice is two rings that touch there, such as an outline and a hole that reaches it at a corner.
 */
function* simpleRings(points: readonly number[], width: number): Generator<number[]> {
  const path: number[] = [];
  const places = new Map<number, number>();
  const keyOf = (x: number, y: number) => y * (width + 1) + x;
  for (let i = 0; i < points.length; i += 2) {
    const key = keyOf(points[i]!, points[i + 1]!);
    const before = places.get(key);
    if (before !== undefined) {
      const loop = path.splice(before);
      for (let k = 0; k < loop.length; k += 2) places.delete(keyOf(loop[k]!, loop[k + 1]!));
      yield loop;
    }
    places.set(key, path.length);
    path.push(points[i]!, points[i + 1]!);
  }
  yield path;
}

/**
 * Cuts a ring into the arcs between its junctions; whole, from its first corner in reading order, if it has none. Points on
 * straight lines are left out, so arcs have their corners alone.
 */
function cut(ring: readonly number[], isJunction: (x: number, y: number) => boolean): number[][] {
  const count = ring.length / 2;
  const point = (i: number): [number, number] => [ring[(i % count) * 2]!, ring[(i % count) * 2 + 1]!];
  let start = -1;
  for (let i = 0; i < count && start < 0; i++) if (isJunction(...point(i))) start = i;
  if (start < 0) {
    start = 0;
    for (let i = 1; i < count; i++) {
      const [[x, y], [sx, sy]] = [point(i), point(start)];
      if (y < sy || (y === sy && x < sx)) start = i;
    }
  }
  const arcs: number[][] = [];
  let arc: number[] = [...point(start)];
  for (let step = 1; step <= count; step++) {
    const i = start + step;
    const [x, y] = point(i);
    const ends = step === count || isJunction(x, y);
    const [[bx, by], [nx, ny]] = [point(i - 1 + count), point(i + 1)];
    const isStraight = (x - bx) * (ny - y) === (y - by) * (nx - x);
    if (ends || !isStraight) arc.push(x, y);
    if (!ends) continue;
    arcs.push(arc);
    arc = [x, y];
  }
  return arcs;
}

/** The same points for both regions at a border, which follow it in opposite directions. */
function canonicalArc(points: readonly number[]): { points: number[]; reversed: boolean } {
  const backwards: number[] = [];
  for (let i = points.length - 2; i >= 0; i -= 2) backwards.push(points[i]!, points[i + 1]!);
  for (let i = 0; i < points.length; i++) {
    const difference = points[i]! - backwards[i]!;
    if (difference < 0) break;
    if (difference > 0) return { points: backwards, reversed: true };
  }
  return { points: [...points], reversed: false };
}

/**
 * Numbers the regions in the order of their first pixels. Each pixel first points to an earlier one of its region or to itself, and
 * the numbers then replace the pointers, so that this takes 4 bytes a pixel whatever the regions are.
 */
function connected(labels: Uint8Array, width: number, height: number) {
  const regionOf = new Int32Array(labels.length);
  const rootOf = (pixel: number) => {
    let at = pixel;
    while (regionOf[at] !== at) {
      regionOf[at] = regionOf[regionOf[at]!]!;
      at = regionOf[at]!;
    }
    return at;
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const left = x > 0 && labels[i - 1] === labels[i] ? rootOf(i - 1) : i;
      const above = y > 0 && labels[i - width] === labels[i] ? rootOf(i - width) : i;
      const root = Math.min(left, above);
      regionOf[left] = root;
      regionOf[above] = root;
      regionOf[i] = root;
    }
  }
  const sizes: number[] = [];
  const first: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const before = regionOf[i]!;
    // The pixels before this one have their numbers.
    const region = before === i ? first.push(i) - 1 : regionOf[before]!;
    regionOf[i] = region;
    sizes[region] = (sizes[region] ?? 0) + 1;
  }
  return { regionOf, sizes, first };
}
