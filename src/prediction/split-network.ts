import { float32, type NdArray } from '../base/arrays.js';
import type { Pixels } from '../base/pixels.js';
import type { Size } from '../data/index.js';
import type { NamedArrays, Session } from '../engine/runtime/index.js';
import type { Combination, ModelConfig } from '../model/index.js';
import type { Computed } from './compile-model.js';
import { decoderFeeds } from './decoder-feeds.js';
import { checkFinite, type ResultOptions } from './inference-graph.js';
import { type LowerGraph, lowerGraph } from './lower-graph.js';
import type { Region } from './region.js';
import {
  type AverageValues,
  combinationFeeds,
  combinationNeeds,
  type ImagePart,
  type MapCutters,
  type MapPart,
  measuringFeeds,
  type ScaleMaps,
  scaleFeeds,
  scaleMaps,
  sizeAt,
} from './scale-feeds.js';
import { type ScaleGraph, type SplitGraphs, splitGraphs } from './scale-graphs.js';

/** Runs a task with the session of a graph, which is compiled and opened if it is not open yet. */
export type UseSession = <T>(
  key: string,
  compile: () => Uint8Array,
  task: (session: Pick<Session, 'run'>) => Promise<T>,
) => Promise<T>;

/** The keys of the graphs that combine regions, compute a scale, and measure its averages. */
export const COMBINATION = 'combination';
export const scaleKey = (scale: number) => `scale ${scale}`;
export const averagesKey = (scale: number) => `averages ${scale}`;

/** What everything but the decoder of the highest scale gives for a whole image. */
export interface LowerResults {
  /** Of each scale but the highest, lowest first. */
  readonly maps: ReadonlyMap<number, ScaleMaps>;
  /** Of the highest scale, those that its decoder does not give. */
  readonly others: ScaleMaps;
  /** What the decoder reads. */
  readonly cuts: readonly MapPart[];
}

/** A model that labels an image part by part: the network at each scale on its tiles, then the combination on regions. */
export class SplitNetwork {
  readonly graphs: SplitGraphs;
  readonly #use: UseSession;
  readonly #makeLower: () => LowerGraph;
  #lower: LowerGraph | undefined;

  /**
   * @param options with scales that are checked, highest first
   * @throws HmsaError when the network cannot be computed in parts
   */
  constructor(
    config: ModelConfig,
    computed: Computed,
    options: ResultOptions & { readonly scales: readonly number[]; readonly combine: Combination },
    use: UseSession,
  ) {
    this.graphs = splitGraphs(config, computed, { ...options, check: true });
    this.#use = use;
    this.#makeLower = () => lowerGraph(config, computed, options.scales, this.graphs.combination.maps);
  }

  /** @throws HmsaError when the network has no decoder that can be computed in parts */
  get lowerGraph(): LowerGraph {
    this.#lower ??= this.#makeLower();
    return this.#lower;
  }

  scale(scale: number): ScaleGraph {
    return this.graphs.scales.find((graph) => graph.scale === scale)!;
  }

  /**
   * The maps of one scale for a tile.
   *
   * @param image the size of the whole image
   * @param tile in pixels of the image at the scale
   * @param part the pixels that `pixelsOf` names
   * @param averages those of the scale, measured before
   */
  async tile(
    image: Size,
    scale: number,
    tile: Region,
    part: ImagePart,
    averages: AverageValues,
    signal?: AbortSignal,
  ): Promise<ScaleMaps> {
    const graph = this.scale(scale);
    const feeds = scaleFeeds(graph, image, tile, part, averages);
    return scaleMaps(graph, image, tile, await this.#run(scaleKey(scale), graph, feeds, signal));
  }

  /** The maps of all scales but the highest for a whole image, and what the decoder of the highest reads. */
  async lower({ width, height, data }: Pixels, signal?: AbortSignal): Promise<LowerResults> {
    const lower = this.lowerGraph;
    const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } as const;
    const results = await this.#run('lower', lower, feeds, signal);
    const mapOf = (name: string): MapPart => {
      const { data, shape } = results[name]!;
      const [, channels, rows, columns] = shape as [number, number, number, number];
      const all = (whole: number) => ({ whole, start: 0, length: whole });
      return { data: data as Float32Array, channels, rows: all(rows), columns: all(columns) };
    };
    const mapsOf = (scale: number, names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, mapOf(`${name}@${scale}`)]));
    const { maps, decoder } = lower;
    return {
      maps: new Map([...maps].map(([scale, names]) => [scale, mapsOf(scale, names)])),
      others: mapsOf(decoder.scale, decoder.others),
      cuts: decoder.cuts.map((_, i) => mapOf(`cut ${i}`)),
    };
  }

  /**
   * The maps that the decoder of the highest scale gives for a tile.
   *
   * @param tile in pixels of the image at the scale
   */
  async decode(
    image: Size,
    tile: Region,
    cuts: readonly MapPart[],
    signal?: AbortSignal,
  ): Promise<ScaleMaps> {
    const { decoder } = this.lowerGraph;
    const { feeds, rows, columns } = decoderFeeds(decoder, image, tile, cuts);
    const results = await this.#run('decoder', decoder, feeds, signal);
    const mapOf = (name: string) => {
      const { data, shape } = results[name]!;
      return [name, { data: data as Float32Array, channels: shape[1]!, rows, columns }] as const;
    };
    return Object.fromEntries(decoder.maps.map(mapOf));
  }

  /**
   * What a tile contributes to the averages of a scale that has some; see `AverageSums`.
   *
   * @param own the part of the tile that no other tile counts
   */
  measure(
    image: Size,
    scale: number,
    tile: Region,
    part: ImagePart,
    own: Region,
    signal?: AbortSignal,
  ): Promise<NamedArrays> {
    const measuring = this.scale(scale).measuring!;
    const feeds = measuringFeeds(measuring, scale, image, tile, part, own);
    return this.#run(averagesKey(scale), measuring, feeds, signal);
  }

  /**
   * The results for a region of the image, by the names of `outputNames`.
   *
   * @param maps for each scale, parts of its maps that cover what {@link combinationNeeds} names
   * @throws HmsaError when the output of the network is not finite
   */
  async combine(
    image: Size,
    region: Region,
    maps: ReadonlyMap<number, MapCutters>,
    signal?: AbortSignal,
  ): Promise<NamedArrays> {
    const { combination } = this.graphs;
    const feeds = combinationFeeds(combination, combinationNeeds(this.graphs, image, region), maps);
    const results = await this.#run(COMBINATION, combination, feeds, signal);
    checkFinite(results);
    return results;
  }

  /** The results for a whole image from its whole maps, as {@link combine} gives them. */
  async combineWhole(
    image: Size,
    maps: ReadonlyMap<number, ScaleMaps>,
    signal?: AbortSignal,
  ): Promise<NamedArrays> {
    const { combination } = this.graphs;
    const feeds: Record<string, NdArray> = {};
    for (const side of combination.lengths) {
      const [name, scale = '1'] = side.split('@') as [string, string?];
      const { width, height } = sizeAt(image, Number(scale));
      const length = name === 'H' ? height : width;
      feeds[`length ${side}`] = float32(new Float32Array(length), [length]);
    }
    for (const [scale, names] of combination.maps) {
      for (const name of names) {
        const { data, channels, rows, columns } = maps.get(scale)![name]!;
        feeds[`${name}@${scale}`] = float32(data, [1, channels, rows.length, columns.length]);
      }
    }
    const compile = () => combination.compileWhole();
    const results = await this.#run('combination of the whole', { compile }, feeds, signal);
    checkFinite(results);
    return results;
  }

  #run(
    name: string,
    graph: { compile(): Uint8Array },
    feeds: NamedArrays,
    signal: AbortSignal | undefined,
  ): Promise<NamedArrays> {
    return this.#use(
      name,
      () => graph.compile(),
      (session) => session.run(feeds, signal === undefined ? {} : { signal }),
    );
  }
}
