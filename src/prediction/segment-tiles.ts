import type { Size } from '../data/index.js';
import { evaluateDim } from '../engine/graph/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { Canvas } from './canvas.js';
import { JoinedResults } from './joined-results.js';
import type { Region } from './region.js';
import { AverageSums, type AverageValues, combinationNeeds, pixelsOf, sizeAt } from './scale-feeds.js';
import type { ScaleGraph } from './scale-graphs.js';
import type { SplitNetwork } from './split-network.js';
import { mirroredSource, type TileSource } from './tile-source.js';
import type { Span } from './tile-spans.js';

/** The tiles of one scale. */
export interface ScaleTiles {
  readonly scale: number;
  readonly down: readonly Span[];
  readonly across: readonly Span[];
}

export interface TilePlan {
  readonly scales: readonly ScaleTiles[];
  /** The largest region that is combined at once. */
  readonly region: Size;
}

/** How far an image in tiles is. */
export interface TileCount {
  /** Tiles of a first pass count as well. */
  readonly done: number;
  readonly total: number;
  /** How often a pixel is computed, on average, because tiles overlap: the less memory, the more. */
  readonly times: number;
}

/** @param share of the work that is done, 0 … 1 */
export type TileProgress = (share: number, tiles: TileCount) => unknown;

export interface TileHooks {
  /** Awaited with the results of each region, from left to right and from top to bottom. */
  readonly onRegion: (region: Region, results: NamedArrays) => unknown;
  /** Awaited after each tile with the share of the work that is done, 0 … 1, and with the number of tiles. */
  readonly onProgress?: TileProgress;
  readonly signal?: AbortSignal;
}

/** How often a pixel is computed, on average over all scales. */
function overlapping({ scales }: TilePlan, image: Size): number {
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const whole = scales.map(({ scale }) => sizeAt(image, scale)).map(({ width, height }) => width * height);
  return sum(scales.map(({ down, across }) => total(down) * total(across))) / sum(whole);
}

/**
 * Labels an image tile by tile. What it holds in memory does not grow with the height of the image.
 *
 * @param averageMirrored if given, the mirror image is computed too, and makes one result of those of a band of rows: first the
 *   band's own, then its mirror image's
 */
export async function segmentTiles(
  network: SplitNetwork,
  source: TileSource,
  plan: TilePlan,
  { onRegion, onProgress, signal }: TileHooks,
  averageMirrored?: (size: Size, own: NamedArrays, mirrored: NamedArrays) => NamedArrays,
): Promise<void> {
  const sources = averageMirrored === undefined ? [source] : [source, mirroredSource(source)];
  const all = { work: 0, tiles: 0, times: overlapping(plan, source) };
  for (const { scale, down, across } of plan.scales) {
    const passes = sources.length * (network.scale(scale).measuring === undefined ? 1 : 2);
    all.work += passes * total(down) * total(across);
    all.tiles += passes * down.length * across.length;
  }
  const done = { work: 0, tiles: 0 };
  const count = async (tile: Region) => {
    done.work += tile.width * tile.height;
    done.tiles++;
    await onProgress?.(Math.min(1, done.work / all.work), {
      done: done.tiles,
      total: all.tiles,
      times: all.times,
    });
  };
  const images: TiledImage[] = [];
  for (const each of sources) images.push(await TiledImage.measured(network, each, plan, count, signal));
  const [own, mirror] = images;
  for (let y = 0; y < source.height; y += plan.region.height) {
    const height = Math.min(plan.region.height, source.height - y);
    if (averageMirrored === undefined) {
      for await (const { region, results } of own!.band(y, height)) await onRegion(region, results);
      continue;
    }
    const size = { width: source.width, height };
    const averaged = averageMirrored(
      size,
      await joined(own!.band(y, height), size),
      await joined(mirror!.band(y, height), size),
    );
    await onRegion({ x: 0, y, ...size }, averaged);
  }
}

interface RegionResults {
  readonly region: Region;
  readonly results: NamedArrays;
}

/** The results of the regions of a band, as those of one region. */
async function joined(regions: AsyncIterable<RegionResults>, size: Size): Promise<NamedArrays> {
  const band = new JoinedResults(size);
  for await (const { region, results } of regions) band.add({ ...region, y: 0 }, results);
  return band.results;
}

/** An image that is computed in tiles, from top to bottom. */
class TiledImage {
  readonly #network: SplitNetwork;
  readonly #source: TileSource;
  readonly #region: Size;
  readonly #scales: readonly ScaleRows[];
  readonly #signal: AbortSignal | undefined;

  private constructor(
    network: SplitNetwork,
    source: TileSource,
    region: Size,
    scales: readonly ScaleRows[],
    signal: AbortSignal | undefined,
  ) {
    this.#network = network;
    this.#source = source;
    this.#region = region;
    this.#scales = scales;
    this.#signal = signal;
  }

  /** An image whose averages are measured, in a first pass over all tiles if the network has some. */
  static async measured(
    network: SplitNetwork,
    source: TileSource,
    plan: TilePlan,
    count: (tile: Region) => Promise<void>,
    signal: AbortSignal | undefined,
  ): Promise<TiledImage> {
    const scales: ScaleRows[] = [];
    for (const tiles of plan.scales) {
      const averages = await measured(network, source, tiles, count, signal);
      scales.push(new ScaleRows(network, source, tiles, averages, count, signal));
    }
    return new TiledImage(network, source, plan.region, scales, signal);
  }

  /** The results of the rows from `y` on, from left to right. Bands come from top to bottom. */
  async *band(y: number, height: number): AsyncGenerator<RegionResults, void, undefined> {
    const [network, source] = [this.#network, this.#source];
    const needs = combinationNeeds(network.graphs, source, { x: 0, y, width: source.width, height });
    // From the lowest scale up: what it gives may decide what the higher ones have to compute.
    for (const rows of [...this.#scales].reverse()) {
      rows.forget(needs);
      await rows.compute(needs);
    }
    const maps = new Map(this.#scales.map((rows) => [rows.scale, rows.canvases] as const));
    for (let x = 0; x < source.width; x += this.#region.width) {
      const region = { x, y, width: Math.min(this.#region.width, source.width - x), height };
      yield { region, results: await network.combine(source, region, maps, this.#signal) };
    }
  }
}

function total(spans: readonly Span[]): number {
  return spans.reduce((sum, { length }) => sum + length, 0);
}

const regionOf = (down: Span, across: Span): Region => ({
  x: across.start,
  y: down.start,
  width: across.length,
  height: down.length,
});

/** The averages over the whole image that the network reads at a scale: a first pass over all tiles. */
async function measured(
  network: SplitNetwork,
  source: TileSource,
  { scale, down, across }: ScaleTiles,
  count: (tile: Region) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<AverageValues> {
  const { averages, measuring } = network.scale(scale);
  const sums = new AverageSums(averages);
  if (measuring === undefined) return sums.values;
  for (const row of down) {
    for (const column of across) {
      const tile = regionOf(row, column);
      const own = {
        x: column.own[0],
        y: row.own[0],
        width: column.own[1] - column.own[0],
        height: row.own[1] - row.own[0],
      };
      const part = await source.read(pixelsOf(source, scale, tile));
      sums.add(await network.measure(source, scale, tile, part, own, signal));
      await count(tile);
    }
  }
  return sums.values;
}

/** The maps of one scale, computed a row of tiles at a time as they are needed. */
class ScaleRows {
  readonly scale: number;
  readonly canvases: Readonly<Record<string, Canvas>>;
  readonly #network: SplitNetwork;
  readonly #graph: ScaleGraph;
  readonly #source: TileSource;
  readonly #tiles: ScaleTiles;
  readonly #averages: AverageValues;
  readonly #count: (tile: Region) => Promise<void>;
  readonly #signal: AbortSignal | undefined;
  /** Rows of tiles that are computed. */
  #computed = 0;

  constructor(
    network: SplitNetwork,
    source: TileSource,
    tiles: ScaleTiles,
    averages: AverageValues,
    count: (tile: Region) => Promise<void>,
    signal: AbortSignal | undefined,
  ) {
    this.scale = tiles.scale;
    this.#network = network;
    this.#graph = network.scale(tiles.scale);
    this.#source = source;
    this.#tiles = tiles;
    this.#averages = averages;
    this.#count = count;
    this.#signal = signal;
    const { width } = sizeAt(source, tiles.scale);
    this.canvases = Object.fromEntries(
      this.#graph.maps.map(({ name, channels, step, sides }) => [
        name,
        new Canvas(channels, evaluateDim(sides[1], new Map([['w', width]])), step),
      ]),
    );
  }

  /** Forgets the rows above those that are needed. */
  forget(needs: Needs): void {
    for (const { name } of this.#graph.maps) {
      this.canvases[name]!.dropBefore(needs.get(`${name}@${this.scale} rows`)!.start);
    }
  }

  /** Computes tiles until all rows that are needed are complete. */
  async compute(needs: Needs): Promise<void> {
    const { down } = this.#tiles;
    const isComplete = () => {
      const next = down[this.#computed];
      if (next === undefined) return true;
      return this.#graph.maps.every(({ name, step }) => {
        const { start, length } = needs.get(`${name}@${this.scale} rows`)!;
        return (start + length) * step <= next.fadeIn[0];
      });
    };
    while (!isComplete()) await this.#computeRow(down[this.#computed++]!);
  }

  async #computeRow(down: Span): Promise<void> {
    for (const across of this.#tiles.across) {
      const tile = regionOf(down, across);
      const part = await this.#source.read(pixelsOf(this.#source, this.scale, tile));
      const maps = await this.#network.tile(
        this.#source,
        this.scale,
        tile,
        part,
        this.#averages,
        this.#signal,
      );
      for (const { name } of this.#graph.maps) this.canvases[name]!.add(maps[name]!, down, across);
      await this.#count(tile);
    }
  }
}

type Needs = ReturnType<typeof combinationNeeds>;
