import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import type { Size } from '../../data/index.js';
import { evaluateDim } from '../../engine/graph/index.js';
import type { NamedArrays } from '../../engine/runtime/index.js';
import type { AdaptiveWay } from '../../model/file/index.js';
import type { Region } from '../region.js';
import { type AverageValues, pixelsOf, type ScaleMaps, sizeAt } from '../scale-feeds.js';
import type { ScaleGraph } from '../scale-graphs.js';
import type { SplitNetwork } from '../split-network.js';
import { pixelSource } from '../tile-source.js';
import { blended } from './blend.js';
import { type Blocks, blocksOf, coverBlocks, meanOfBlocks } from './blocks.js';
import { doubtOf, type Known, knownOf } from './doubt.js';

/** What the lower scales of an image say, and where they are in doubt. */
export class LowerScales {
  readonly known: Known;
  readonly #network: SplitNetwork;
  readonly #image: Pixels;
  readonly #maps: ReadonlyMap<number, ScaleMaps>;
  readonly #averages: AverageValues;

  private constructor(
    network: SplitNetwork,
    image: Pixels,
    { maps, averages }: Awaited<ReturnType<SplitNetwork['lower']>>,
  ) {
    this.#network = network;
    this.#image = image;
    this.#maps = maps;
    this.#averages = averages;
    this.known = knownOf(
      [...maps.values()].map(({ logits, weight }) => ({ logits: logits!, ...(weight && { weight }) })),
    );
  }

  static async of(network: SplitNetwork, image: Pixels, signal?: AbortSignal): Promise<LowerScales> {
    return new LowerScales(network, image, await network.lower(image, signal));
  }

  /** The averages over the image that the highest of these scales has read. */
  get averages(): AverageValues {
    return this.#averages;
  }

  /**
   * The maps of all scales, with the highest where the lower ones leave doubt.
   *
   * @param threshold of the mean doubt of a block
   */
  async withHighest(
    way: Pick<AdaptiveWay, 'gate' | 'block' | 'halo' | 'averages'>,
    threshold: number,
    signal?: AbortSignal,
  ): Promise<{ readonly maps: ReadonlyMap<number, ScaleMaps>; readonly work: number }> {
    const { stride } = this.#graph;
    const { blocks, means } = blockDoubts(this.known, this.#size, way);
    const chosen = Array.from(means, (doubt) => doubt >= threshold);
    const patches = coverBlocks(chosen, blocks, way.halo, stride);
    const averages = shifted(this.#averages, way.averages);
    const parts: Part[] = [];
    for (const { own, tile } of patches) parts.push({ own, maps: await this.#tile(tile, averages, signal) });
    const computed = patches.reduce((sum, { tile }) => sum + tile.width * tile.height, 0);
    const lower = [...this.#maps.values()].at(-1)!;
    return {
      maps: new Map([
        ...this.#maps,
        [this.#graph.scale, joined(this.#graph, this.#size, lower, parts, way.halo)],
      ]),
      work: this.#share(computed),
    };
  }

  /** The maps of all scales, with the whole of the highest and its own averages, which are given as well. */
  async withWhole(signal?: AbortSignal): Promise<{
    readonly maps: ReadonlyMap<number, ScaleMaps>;
    readonly averages: AverageValues;
  }> {
    const { scale } = this.#graph;
    const whole = { x: 0, y: 0, ...this.#size };
    const averages = await this.#network.averages(pixelSource(this.#image), scale, signal);
    return {
      maps: new Map([...this.#maps, [scale, await this.#tile(whole, averages, signal)]]),
      averages,
    };
  }

  async #tile(tile: Region, averages: AverageValues, signal?: AbortSignal): Promise<ScaleMaps> {
    const source = pixelSource(this.#image);
    const { scale } = this.#graph;
    const part = await source.read(pixelsOf(source, scale, tile));
    return this.#network.tile(source, scale, tile, part, averages, signal);
  }

  get #graph(): ScaleGraph {
    return this.#network.graphs.scales[0]!;
  }

  get #size(): Size {
    return sizeAt(this.#image, this.#graph.scale);
  }

  /** The pixels of the lower scales and those computed of the highest, as a share of the pixels of all. */
  #share(computed: number): number {
    const [highest, ...lower] = this.#network.graphs.scales.map(({ scale }) => {
      const { width, height } = sizeAt(this.#image, scale);
      return width * height;
    });
    const rest = lower.reduce((sum, pixels) => sum + pixels, 0);
    return (rest + computed) / (rest + highest!);
  }
}

/** How doubtful each block of the highest scale is. */
export function blockDoubts(
  known: Known,
  size: Size,
  { gate, block }: Pick<AdaptiveWay, 'gate' | 'block'>,
): { readonly blocks: Blocks; readonly means: Float32Array } {
  const blocks = blocksOf(size, block);
  return { blocks, means: meanOfBlocks(doubtOf(known, gate), known, blocks) };
}

/** A rectangle of the highest scale that was computed. */
interface Part {
  readonly own: Region;
  readonly maps: ScaleMaps;
}

/** The averages of the highest scale, from those of the next lower one. */
function shifted(averages: AverageValues, lines: AdaptiveWay['averages'] = {}): AverageValues {
  return new Map(
    [...averages].map(([name, values]) => {
      const line = lines[name];
      if (line === undefined) return [name, values];
      return [name, values.map((value, i) => (line.slope[i] ?? 1) * value + (line.shift[i] ?? 0))];
    }),
  );
}

function joined(
  { maps }: ScaleGraph,
  size: Size,
  lower: ScaleMaps,
  computed: readonly Part[],
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

/** @throws HmsaError when nothing stands for the averages of the highest scale */
export function checkAdaptive(graphs: readonly ScaleGraph[], weights: 'shared' | 'perScale'): void {
  if (weights === 'shared' || graphs.every(({ averages }) => averages.length === 0)) return;
  throw new HmsaError({
    operation: 'adaptive',
    expected: 'a model whose scales share one network',
    received: 'a network of its own for each scale, which averages over the whole image',
    remedy: 'Label without adaptive.',
  });
}
