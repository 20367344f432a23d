import type { Size } from '../data/index.js';
import { evaluateDim } from '../engine/graph/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { Canvas } from './canvas.js';
import type { Region } from './region.js';
import { AverageSums, type AverageValues, combinationNeeds, pixelsOf, sizeAt } from './scale-feeds.js';
import type { ScaleGraph } from './scale-graphs.js';
import type { SplitNetwork } from './split-network.js';
import type { TileSource } from './tile-source.js';
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

export interface TileHooks {
  /** Awaited with the results of each region, from left to right and from top to bottom. */
  readonly onRegion: (region: Region, results: NamedArrays) => unknown;
  /** The share of the work that is done, 0 … 1. */
  readonly onProgress?: (share: number) => unknown;
  /** Awaited after the first pass, whose graphs are not needed any more. */
  readonly onMeasured?: () => unknown;
  readonly signal?: AbortSignal;
}

/** Labels an image tile by tile. What it holds in memory does not grow with the height of the image. */
export async function segmentTiles(
  network: SplitNetwork,
  source: TileSource,
  plan: TilePlan,
  { onRegion, onProgress, onMeasured, signal }: TileHooks,
): Promise<void> {
  const passes = plan.scales.map(({ scale, down, across }) => {
    const [height, width] = [total(down), total(across)];
    return (network.scale(scale).measuring === undefined ? 1 : 2) * height * width;
  });
  const work = passes.reduce((sum, each) => sum + each, 0);
  let done = 0;
  const count = async (tile: Region) => {
    done += tile.width * tile.height;
    await onProgress?.(Math.min(1, done / work));
  };
  const scales: ScaleRows[] = [];
  for (const tiles of plan.scales) {
    const averages = await measured(network, source, tiles, count, signal);
    scales.push(new ScaleRows(network, source, tiles, averages, count, signal));
  }
  await onMeasured?.();
  const maps = new Map(scales.map((rows) => [rows.scale, rows.canvases] as const));
  for (let y = 0; y < source.height; y += plan.region.height) {
    const height = Math.min(plan.region.height, source.height - y);
    const band = { x: 0, y, width: source.width, height };
    const needs = combinationNeeds(network.graphs, source, band);
    // From the lowest scale up: what it gives may decide what the higher ones have to compute.
    for (const rows of [...scales].reverse()) {
      rows.forget(needs);
      await rows.compute(needs);
    }
    for (let x = 0; x < source.width; x += plan.region.width) {
      const region = { x, y, width: Math.min(plan.region.width, source.width - x), height };
      await onRegion(region, await network.combine(source, region, maps, signal));
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
