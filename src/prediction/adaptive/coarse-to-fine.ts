import { HmsaError } from '../../base/errors/index.js';
import type { Size } from '../../data/index.js';
import { evaluateDim } from '../../engine/graph/index.js';
import type { NamedArrays } from '../../engine/runtime/index.js';
import type { AdaptiveWay } from '../../model/file/index.js';
import type { Region } from '../region.js';
import { AverageSums, type AverageValues, pixelsOf, type ScaleMaps, sizeAt } from '../scale-feeds.js';
import type { ScaleGraph } from '../scale-graphs.js';
import type { SplitNetwork } from '../split-network.js';
import type { TileSource } from '../tile-source.js';
import { blended } from './blend.js';
import { blocksOf, coverBlocks, meanOfBlocks, type Patch } from './blocks.js';
import { doubtOf, type KnownMaps, knownOf } from './doubt.js';

/** The side of a block, in strides of the network. */
const BLOCK_STRIDES = 4;

/** What {@link coarseToFine} needs beside the network. */
export interface Steps {
  /** The gate for each scale but the lowest, and the halo. */
  readonly way: Pick<AdaptiveWay, 'scales' | 'gates' | 'halo'>;
  /** A block is computed if this share of its cells, or more, is in doubt. */
  readonly threshold: number;
  /** The maps of a tile of a scale. */
  readonly tile: (graph: ScaleGraph, tile: Region) => Promise<ScaleMaps>;
}

/** The maps of all scales, and the pixels that were computed at each. */
export interface CoarseToFine {
  readonly maps: ReadonlyMap<number, ScaleMaps>;
  readonly pixels: ReadonlyMap<number, number>;
}

/** The maps of all scales of an image: the lowest everywhere, each higher one where the lower ones leave doubt. */
export async function coarseToFine(
  scales: readonly ScaleGraph[],
  image: Size,
  { way, threshold, tile }: Steps,
): Promise<CoarseToFine> {
  const maps = new Map<number, ScaleMaps>();
  const pixels = new Map<number, number>();
  const known: KnownMaps[] = [];
  for (const graph of [...scales].reverse()) {
    const size = sizeAt(image, graph.scale);
    const whole = { x: 0, y: 0, ...size };
    const patches =
      known.length === 0 ? [{ own: whole, tile: whole }] : patchesOf(graph, size, known, way, threshold);
    const computed: { own: Region; maps: ScaleMaps }[] = [];
    for (const { own, tile: region } of patches) computed.push({ own, maps: await tile(graph, region) });
    const lower = maps.get(scales[scales.indexOf(graph) + 1]?.scale ?? Number.NaN);
    const own = lower === undefined ? computed[0]!.maps : joinedMaps(graph, size, lower, computed, way.halo);
    maps.set(graph.scale, own);
    pixels.set(
      graph.scale,
      patches.reduce((sum, { tile: { width, height } }) => sum + width * height, 0),
    );
    known.push({ logits: own.logits!, ...(own.weight && { weight: own.weight }) });
  }
  return { maps, pixels };
}

function patchesOf(
  { scale, stride }: ScaleGraph,
  size: Size,
  lower: readonly KnownMaps[],
  { scales, gates, halo }: Steps['way'],
  threshold: number,
): Patch[] {
  const known = knownOf(lower);
  const blocks = blocksOf(size, BLOCK_STRIDES * stride);
  const doubts = meanOfBlocks(doubtOf(known, gates[scales.indexOf(scale)]!), known, blocks);
  return coverBlocks(
    Array.from(doubts, (doubt) => doubt >= threshold),
    blocks,
    halo,
    stride,
  );
}

function joinedMaps(
  { maps }: ScaleGraph,
  size: Size,
  lower: ScaleMaps,
  computed: readonly { readonly own: Region; readonly maps: ScaleMaps }[],
  halo: number,
): ScaleMaps {
  const sides = new Map([
    ['h', size.height],
    ['w', size.width],
  ]);
  return Object.fromEntries(
    maps.map(({ name, sides: [rows, columns], step }) => {
      const parts = computed.map(({ own, maps: parts }) => ({ own, map: parts[name]! }));
      const grid = [evaluateDim(rows, sides), evaluateDim(columns, sides)] as const;
      const [only] = parts;
      const isWhole =
        parts.length === 1 && only!.own.width === size.width && only!.own.height === size.height;
      return [name, isWhole ? only!.map : blended(lower[name]!, grid, parts, step, halo / 2)];
    }),
  );
}

/** The tiles of an image, computed by the network. */
export class NetworkTiles {
  readonly #network: SplitNetwork;
  readonly #source: TileSource;
  readonly #signal: AbortSignal | undefined;
  readonly #way: Pick<AdaptiveWay, 'scales' | 'averages'> | undefined;
  #averages: AverageValues | undefined;
  /** Pixels that a first pass has computed. */
  measured = 0;

  constructor(
    network: SplitNetwork,
    source: TileSource,
    way?: Pick<AdaptiveWay, 'scales' | 'averages'>,
    signal?: AbortSignal,
  ) {
    this.#network = network;
    this.#source = source;
    this.#way = way;
    this.#signal = signal;
  }

  readonly tile = async (graph: ScaleGraph, region: Region): Promise<ScaleMaps> => {
    const { scale } = graph;
    const part = await this.#source.read(pixelsOf(this.#source, scale, region));
    this.#averages ??= await this.#measure(graph);
    const averages = this.#averagesAt(scale);
    return this.#network.tile(this.#source, scale, region, part, averages, this.#signal);
  };

  /** Those of the lowest scale, and what those of a higher one are above them on average. */
  #averagesAt(scale: number): AverageValues {
    const step = this.#way?.scales.indexOf(scale) ?? -1;
    const shifts = this.#way?.averages?.[step];
    if (shifts === undefined) return this.#averages!;
    const shifted = ([name, values]: readonly [string, Float32Array]) =>
      [name, values.map((value, i) => value + (shifts[name]?.[i] ?? 0))] as const;
    return new Map([...this.#averages!].map(shifted));
  }

  /**
   * The averages over the whole image of the lowest scale, which stand for those of the higher ones: to measure theirs, the
   * whole image would have to be computed.
   */
  async #measure({ scale, averages, measuring }: ScaleGraph): Promise<AverageValues> {
    const sums = new AverageSums(averages);
    if (measuring === undefined) return sums.values;
    const size = sizeAt(this.#source, scale);
    const whole = { x: 0, y: 0, ...size };
    const part = await this.#source.read(pixelsOf(this.#source, scale, whole));
    sums.add(await this.#network.measure(this.#source, scale, whole, part, whole, this.#signal));
    this.measured = size.width * size.height;
    return sums.values;
  }
}

/** Rows of the image that are combined at once, for one of 1024 columns. */
const BAND_PIXELS = 2 ** 18;

/** Combines the maps of a whole image, band by band. */
export async function combineBands(
  network: SplitNetwork,
  image: Size,
  maps: ReadonlyMap<number, ScaleMaps>,
  onRegion: (region: Region, results: NamedArrays) => void,
  signal?: AbortSignal,
): Promise<void> {
  const rows = Math.max(64, Math.floor(BAND_PIXELS / image.width));
  for (let y = 0; y < image.height; y += rows) {
    const region = { x: 0, y, width: image.width, height: Math.min(rows, image.height - y) };
    onRegion(region, await network.combine(image, region, maps, signal));
  }
}

/** @throws HmsaError when a model's scales differ in what stands for the averages of the higher ones */
export function checkAdaptive(graphs: readonly ScaleGraph[], weights: 'shared' | 'perScale'): void {
  if (weights === 'shared' || graphs.every(({ averages }) => averages.length === 0)) return;
  throw new HmsaError({
    operation: 'adaptive',
    expected: 'a model whose scales share one network',
    received: 'a network of its own for each scale, which averages over the whole image',
    remedy: 'Label without adaptive.',
  });
}

/** The pixels that were computed, those of a first pass included, as a share of the pixels of all scales. */
export function workOf(
  scales: readonly ScaleGraph[],
  image: Size,
  pixels: ReadonlyMap<number, number>,
  measured: number,
): number {
  const total = scales.reduce((sum, { scale }) => {
    const { width, height } = sizeAt(image, scale);
    return sum + width * height;
  }, 0);
  return (measured + [...pixels.values()].reduce((sum, each) => sum + each, 0)) / total;
}
