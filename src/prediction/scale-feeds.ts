import { float32, type NdArray } from '../base/arrays.js';
import type { Pixels } from '../base/pixels.js';
import type { Size } from '../data/index.js';
import { type Dim, dimText, scaled } from '../engine/graph/index.js';
import {
  neededStretch,
  type Stretch,
  stretchOf,
  type Window,
  windowPositions,
} from '../engine/passes/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import type { Region } from './region.js';
import type { Average, CombinationGraph, MeasuringGraph, ScaleGraph, ScaleMap } from './scale-graphs.js';

/** A part of an image: its pixels, and the place of the first. */
export interface ImagePart extends Pixels {
  readonly x: number;
  readonly y: number;
}

/** A map of one scale, or a part of it: float32 [channels, rows, columns]. */
export interface MapPart {
  readonly data: Float32Array;
  readonly channels: number;
  readonly rows: Stretch;
  readonly columns: Stretch;
}

/** The parts of the maps of one scale, by name. */
export type ScaleMaps = Readonly<Partial<Record<ScaleMap['name'], MapPart>>>;

/** A map, or a part of it, of which smaller parts can be taken. */
export interface MapCutter {
  /** Float32 [channels, rows, columns]. */
  cut(rows: Stretch, columns: Stretch): Float32Array;
}

/** What the combination reads of one scale. */
export type MapCutters = Readonly<Partial<Record<ScaleMap['name'], MapCutter | MapPart>>>;

/** The values of averages by the names of their inputs; see {@link Average}. */
export type AverageValues = ReadonlyMap<string, Float32Array>;

/** The size of an image at a scale. */
export function sizeAt({ width, height }: Size, scale: number): Size {
  return { width: scaled(width, scale) as number, height: scaled(height, scale) as number };
}

const along = (whole: Size, { x, y, width, height }: Region) =>
  [
    { whole: whole.height, start: y, length: height },
    { whole: whole.width, start: x, length: width },
  ] as const;

/** Where a tile of an image at a scale lies along `h` and `w`. */
function tileStretches(image: Size, scale: number, tile: Region): ReadonlyMap<string, Stretch> {
  const [rows, columns] = along(sizeAt(image, scale), tile);
  return new Map([
    ['h', rows],
    ['w', columns],
  ]);
}

/** The pixels of the image that a tile at a scale reads. */
export function pixelsOf(image: Size, scale: number, tile: Region): Region {
  const [rows, columns] = along(sizeAt(image, scale), tile);
  const height = neededStretch(image.height, rows, 'edges');
  const width = neededStretch(image.width, columns, 'edges');
  return { x: width.start, y: height.start, width: width.length, height: height.length };
}

/**
 * The feeds of a {@link ScaleGraph} for a tile.
 *
 * @param image the size of the whole image
 * @param tile in pixels of the image at the scale; its corner lies on the graph's stride
 * @param part the pixels that {@link pixelsOf} names
 */
export function scaleFeeds(
  { scale, windows, averages }: Pick<ScaleGraph, 'scale' | 'windows' | 'averages'>,
  image: Size,
  tile: Region,
  part: ImagePart,
  values: AverageValues,
): NamedArrays {
  const feeds = tileFeeds(windows, scale, image, tile, part);
  for (const { name, channels, count } of averages) {
    feeds[name] = float32(values.get(name)!, [1, channels, count, 1]);
  }
  return feeds;
}

function tileFeeds(
  windows: readonly Window[],
  scale: number,
  image: Size,
  tile: Region,
  part: ImagePart,
): Record<string, NdArray> {
  const [rows, columns] = along(image, part);
  const stretches = new Map([...tileStretches(image, scale, tile), ['H', rows], ['W', columns]]);
  return {
    image: { dtype: 'uint8', shape: [1, part.height, part.width, 3], data: part.data },
    ...windowFeeds(windows, stretches),
  };
}

/** The positions that windows read. */
export function windowFeeds(
  windows: readonly Window[],
  stretches: ReadonlyMap<string, Stretch>,
): Record<string, NdArray> {
  return Object.fromEntries(
    windows.map((window) => {
      const positions = windowPositions(window, stretches);
      return [window.name, float32(positions, [positions.length])];
    }),
  );
}

/** The maps that a run of a {@link ScaleGraph} gave for a tile. */
export function scaleMaps(
  { scale, maps }: ScaleGraph,
  image: Size,
  tile: Region,
  results: NamedArrays,
): ScaleMaps {
  const stretches = tileStretches(image, scale, tile);
  return Object.fromEntries(
    maps.map(({ name, channels, sides: [rows, columns] }) => [
      name,
      {
        data: results[name]!.data as Float32Array,
        channels,
        rows: stretchOf(rows, stretches),
        columns: stretchOf(columns, stretches),
      } satisfies MapPart,
    ]),
  );
}

/**
 * The feeds of a {@link MeasuringGraph} for a tile.
 *
 * @param own the part of the tile, on the same grid, that no other tile counts
 */
export function measuringFeeds(
  { windows, own: sides }: MeasuringGraph,
  scale: number,
  image: Size,
  tile: Region,
  part: ImagePart,
  own: Region,
): NamedArrays {
  const [all, inner] = [tileStretches(image, scale, tile), tileStretches(image, scale, own)];
  const masks = sides.map((side) => {
    const [stretch, counted] = [stretchOf(side, all), stretchOf(side, inner)];
    const end = endOf(side, inner);
    const mask = Float32Array.from({ length: stretch.length }, (_, i) => {
      const at = stretch.start + i;
      return at >= counted.start && at < end ? 1 : 0;
    });
    return [`own ${dimText(side)}`, float32(mask, [mask.length])] as const;
  });
  return { ...tileFeeds(windows, scale, image, tile, part), ...Object.fromEntries(masks) };
}

/** The first cell behind a part: where the part after it starts, or the end of the whole. */
function endOf(side: Dim, parts: ReadonlyMap<string, Stretch>): number {
  const ends = [...parts].map(
    ([name, { whole, start, length }]) => [name, { whole, start: start + length, length }] as const,
  );
  const { whole, start } = stretchOf(side, new Map(ends));
  // Of a side that is cut off, the last cell is only partly there: ⌈h / stride⌉ counts it, as the whole does.
  return Math.min(whole, start);
}

/** Adds up what the tiles of an image contribute to its averages. */
export class AverageSums {
  readonly #averages: readonly Average[];
  readonly #sums = new Map<string, { tops: Float64Array; totals: Float64Array; sums: Float64Array }>();

  constructor(averages: readonly Average[]) {
    this.#averages = averages;
    for (const { path, channels, count } of averages) {
      this.#sums.set(path, {
        tops: new Float64Array(count).fill(-Infinity),
        totals: new Float64Array(count),
        sums: new Float64Array(channels * count),
      });
    }
  }

  /** @param results of a {@link MeasuringGraph} */
  add(results: NamedArrays): void {
    for (const { path, channels, count } of this.#averages) {
      const { tops, totals, sums } = this.#sums.get(path)!;
      const array = (name: string) => results[`${name} ${path}`]!.data as Float32Array;
      const [newTops, newTotals, newSums] = [array('tops'), array('totals'), array('sums')];
      for (let k = 0; k < count; k++) {
        const top = Math.max(tops[k]!, newTops[k]!);
        const [before, now] = [Math.exp(tops[k]! - top), Math.exp(newTops[k]! - top)];
        tops[k] = top;
        totals[k] = totals[k]! * before + newTotals[k]! * now;
        for (let c = 0; c < channels; c++) {
          const i = c * count + k;
          sums[i] = sums[i]! * before + newSums[i]! * now;
        }
      }
    }
  }

  get values(): AverageValues {
    return new Map(
      this.#averages.map(({ name, path, count }) => {
        const { totals, sums } = this.#sums.get(path)!;
        return [name, Float32Array.from(sums, (sum, i) => sum / totals[i % count]!)];
      }),
    );
  }
}

/**
 * What the combination for a region of the image reads: for each of its free sides, the stretch. Those of maps are called
 * `NAME@SCALE rows` and `NAME@SCALE columns`, in cells of the map.
 */
export function combinationNeeds(
  { scales, combination }: { readonly scales: readonly ScaleGraph[]; readonly combination: CombinationGraph },
  image: Size,
  region: Region,
): ReadonlyMap<string, Stretch> {
  const whole = new Map<string, number>();
  const features = new Set<string>();
  for (const { scale, maps } of scales) {
    const { width, height } = sizeAt(image, scale);
    whole.set(`H@${scale}`, height).set(`W@${scale}`, width);
    const full = tileStretches(image, scale, { x: 0, y: 0, width, height });
    for (const { name, sides } of maps) {
      (['rows', 'columns'] as const).forEach((axis, i) => {
        const side = `${name}@${scale} ${axis}`;
        whole.set(side, stretchOf(sides[i]!, full).length);
        if (name === 'context' || name === 'fused') features.add(side);
      });
    }
  }
  const [rows, columns] = along(image, region);
  const needs = new Map<string, Stretch>([
    ['H', rows],
    ['W', columns],
  ]);
  // From the result back: what reads a side comes before what gives it.
  for (const { from, to, alignment } of [...combination.windows].reverse()) {
    const source = dimText(from);
    const known = needs.get(source);
    if (source === 'H' || source === 'W') continue;
    const length = whole.get(source)!;
    const margin = features.has(source) ? combination.margin : 0;
    const needed = widened(neededStretch(length, stretchOf(to, needs), alignment), margin);
    needs.set(source, known === undefined ? needed : union(known, needed));
  }
  return needs;
}

function widened({ whole, start, length }: Stretch, margin: number): Stretch {
  const first = Math.max(0, start - margin);
  return { whole, start: first, length: Math.min(whole, start + length + margin) - first };
}

/** The shortest stretch that contains two. */
export function union(a: Stretch, b: Stretch): Stretch {
  const start = Math.min(a.start, b.start);
  return { whole: a.whole, start, length: Math.max(a.start + a.length, b.start + b.length) - start };
}

/**
 * The feeds of a {@link CombinationGraph} for the needs of a region.
 *
 * @param maps for each scale, its maps, which cover the needs
 */
export function combinationFeeds(
  combination: CombinationGraph,
  needs: ReadonlyMap<string, Stretch>,
  maps: ReadonlyMap<number, MapCutters>,
): NamedArrays {
  const feeds = windowFeeds(combination.windows, needs);
  for (const [scale, names] of combination.maps) {
    for (const name of names) {
      const [rows, columns] = [needs.get(`${name}@${scale} rows`)!, needs.get(`${name}@${scale} columns`)!];
      const map = maps.get(scale)![name]!;
      const data = 'cut' in map ? map.cut(rows, columns) : cut(map, rows, columns);
      const channels = data.length / (rows.length * columns.length);
      feeds[`${name}@${scale}`] = float32(data, [1, channels, rows.length, columns.length]);
    }
  }
  return feeds;
}

/** A smaller part of a part of a map; its own data if it is the same. */
export function cut(part: MapPart, rows: Stretch, columns: Stretch): Float32Array {
  const { channels, data } = part;
  const [height, width] = [part.rows.length, part.columns.length];
  if (rows.length === height && columns.length === width) return data;
  const [top, left] = [rows.start - part.rows.start, columns.start - part.columns.start];
  const result = new Float32Array(channels * rows.length * columns.length);
  for (let c = 0, at = 0; c < channels; c++) {
    for (let y = 0; y < rows.length; y++, at += columns.length) {
      const from = (c * height + top + y) * width + left;
      result.set(data.subarray(from, from + columns.length), at);
    }
  }
  return result;
}
