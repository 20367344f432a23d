import type { Size } from '../../data/index.js';
import type { Region } from '../region.js';

/** The squares in which an image at a scale is computed or left out. */
export interface Blocks {
  /** In pixels at the scale. */
  readonly side: number;
  /** The size of the image at the scale. */
  readonly size: Size;
  /** In blocks; the last of a row or column may be cut off. */
  readonly width: number;
  readonly height: number;
}

export function blocksOf(size: Size, side: number): Blocks {
  return { side, size, width: Math.ceil(size.width / side), height: Math.ceil(size.height / side) };
}

/** The mean of a map over the cells whose centres lie in each block, or of the nearest cell if none does. */
export function meanOfBlocks(
  map: Float32Array,
  { width, height }: Size,
  { side, size, width: across, height: down }: Blocks,
): Float32Array {
  const [sums, counts] = [new Float64Array(across * down), new Uint32Array(across * down)];
  const blockAt = (cell: number, cells: number, pixels: number) =>
    Math.floor((((cell + 0.5) / cells) * pixels) / side);
  const columns = Int32Array.from({ length: width }, (_, x) => blockAt(x, width, size.width));
  for (let y = 0; y < height; y++) {
    const row = blockAt(y, height, size.height) * across;
    for (let x = 0; x < width; x++) {
      const block = row + columns[x]!;
      sums[block]! += map[y * width + x]!;
      counts[block]!++;
    }
  }
  const nearest = (block: number, pixels: number, cells: number) =>
    Math.min(cells - 1, Math.floor((((block + 0.5) * side) / pixels) * cells));
  return Float32Array.from(sums, (sum, i) => {
    if (counts[i]! > 0) return sum / counts[i]!;
    const [x, y] = [i % across, Math.floor(i / across)];
    return map[nearest(y, size.height, height) * width + nearest(x, size.width, width)]!;
  });
}

/** A rectangle of blocks, in pixels at the scale, and the tile around it that is computed. */
export interface Patch {
  readonly own: Region;
  readonly tile: Region;
}

/** What a run costs beside its pixels, as pixels: 2 ms, where the decoder of the shipped model takes 340 ns a pixel. */
const RUN_PIXELS = 6000;

/**
 * Covers chosen blocks with few rectangles, so that little is computed with the halo around each: rows of blocks are joined
 * two by two as long as that saves pixels. If the rectangles save nothing, one tile is the whole image.
 *
 * @param chosen for each block, row by row, whether it has to be computed
 * @param halo pixels around each rectangle that are computed too
 * @param stride on which tiles begin; their lengths have the same remainder by it as the image's sides
 */
export function coverBlocks(
  chosen: readonly boolean[],
  blocks: Blocks,
  halo: number,
  stride: number,
): Patch[] {
  const { size } = blocks;
  const rectangles = runsOf(chosen, blocks);
  const tileOf = (own: Region) => tileAround(own, size, halo, stride);
  const cost = (own: Region) => {
    const { width, height } = tileOf(own);
    return width * height + RUN_PIXELS;
  };
  const joined = joinedWhileItSaves(rectangles, cost);
  const whole = { x: 0, y: 0, ...size };
  const total = joined.reduce((sum, own) => sum + cost(own), 0);
  if (total >= size.width * size.height + RUN_PIXELS) return [{ own: whole, tile: whole }];
  return joined.map((own) => ({ own, tile: tileOf(own) }));
}

/** Each row of chosen blocks side by side, in pixels. */
function runsOf(chosen: readonly boolean[], { side, size, width, height }: Blocks): Region[] {
  const runs: Region[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!chosen[y * width + x]) continue;
      const first = x;
      while (x + 1 < width && chosen[y * width + x + 1]) x++;
      const [left, top] = [first * side, y * side];
      const right = Math.min(size.width, (x + 1) * side);
      runs.push({ x: left, y: top, width: right - left, height: Math.min(size.height, top + side) - top });
    }
  }
  return runs;
}

function tileAround(own: Region, size: Size, halo: number, stride: number): Region {
  const [x, width] = spanAround(own.x, own.width, size.width, halo, stride);
  const [y, height] = spanAround(own.y, own.height, size.height, halo, stride);
  return { x, y, width, height };
}

function spanAround(
  own: number,
  length: number,
  whole: number,
  halo: number,
  stride: number,
): [start: number, length: number] {
  const start = Math.max(0, Math.floor((own - halo) / stride) * stride);
  const rest = whole % stride;
  const end = start + Math.ceil((own + length + halo - start - rest) / stride) * stride + rest;
  return [start, Math.min(whole, end) - start];
}

interface Rectangle {
  readonly region: Region;
  readonly cost: number;
  /** The one that it is best joined with, and what that saves. */
  partner: Rectangle | undefined;
  saving: number;
}

function joinedWhileItSaves(regions: readonly Region[], costOf: (region: Region) => number): Region[] {
  const make = (region: Region): Rectangle => ({
    region,
    cost: costOf(region),
    partner: undefined,
    saving: 0,
  });
  const savingOf = (a: Rectangle, b: Rectangle) => a.cost + b.cost - costOf(around(a.region, b.region));
  let all = regions.map(make);
  const findPartner = (one: Rectangle) => {
    one.partner = undefined;
    one.saving = 0;
    for (const other of all) if (other !== one) offer(one, other, savingOf(one, other));
  };
  for (const one of all) findPartner(one);
  for (;;) {
    const best = all.reduce<Rectangle | undefined>(
      (most, one) => (one.saving > (most?.saving ?? 0) ? one : most),
      undefined,
    );
    if (best === undefined) return all.map(({ region }) => region);
    const gone = new Set([best, best.partner!]);
    const joined = make(around(best.region, best.partner!.region));
    all = all.filter((each) => !gone.has(each));
    for (const each of all) {
      const saving = savingOf(each, joined);
      if (each.partner !== undefined && gone.has(each.partner)) findPartner(each);
      offer(each, joined, saving);
      offer(joined, each, saving);
    }
    all.push(joined);
  }
}

function offer(one: Rectangle, other: Rectangle, saving: number): void {
  if (saving <= one.saving) return;
  one.partner = other;
  one.saving = saving;
}

function around(a: Region, b: Region): Region {
  const [x, y] = [Math.min(a.x, b.x), Math.min(a.y, b.y)];
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
