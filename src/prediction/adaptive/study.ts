import type { Pixels } from '../../base/pixels.js';
import type { AdaptiveWay, Gate } from '../../model/file/index.js';
import type { Combination, ModelConfig } from '../../model/index.js';
import { outputNames } from '../inference-graph.js';
import { JoinedResults } from '../joined-results.js';
import { AverageSums, type AverageValues, pixelsOf, type ScaleMaps, sizeAt } from '../scale-feeds.js';
import type { SplitNetwork } from '../split-network.js';
import { pixelSource } from '../tile-source.js';
import { croppedMap } from './blend.js';
import { checkAdaptive, coarseToFine, combineBands, NetworkTiles, workOf } from './coarse-to-fine.js';
import { featuresOf, type KnownMaps, knownOf, onGrid } from './doubt.js';
import { logisticFit, quantile } from './fit.js';

/** The labels of an image with one threshold, and the work that they take. */
export interface AdaptiveTry {
  readonly threshold: number;
  readonly labels: Uint8Array;
  readonly work: number;
}

/** Cells of each image that a gate is fitted on. */
const CELLS = 1500;
/** The share of the finer scale's leads over the coarse label that lie below the Δ of the margin test. */
const DELTA_SHARE = 0.999;

interface Samples {
  readonly features: [number, number, number][];
  readonly changed: number[];
  /** By how much a finer scale prefers another class to the coarse label. */
  readonly leads: number[];
}

/**
 * Measures where higher scales can be left out. First it observes images, from which it fits gates; then it tries thresholds
 * on images. Each image is computed whole, once, and thresholds only choose which parts of its maps are used; halos are not
 * cut there, so {@link Segmenter.segment} has to confirm a choice.
 */
export class AdaptiveStudy {
  /** Highest first. */
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly #network: SplitNetwork;
  readonly #samples: readonly Samples[];
  readonly #shifts: readonly Map<string, Float64Array>[];
  #observed = 0;

  constructor(
    network: SplitNetwork,
    config: ModelConfig,
    { scales, combine }: { readonly scales: readonly number[]; readonly combine: Combination },
  ) {
    checkAdaptive(network.graphs.scales, config.weights);
    this.#network = network;
    this.scales = scales;
    this.combine = combine;
    this.#shifts = scales.slice(1).map(() => new Map());
    this.#samples = scales.slice(1).map(() => ({ features: [], changed: [], leads: [] }));
  }

  /** Takes samples of what the lower scales know, and of what the higher ones change, from an image as the network sees it. */
  async observe(image: Pixels, signal?: AbortSignal): Promise<void> {
    await this.#measureAverages(image, signal);
    const maps = await this.#wholeMaps(image, undefined, signal);
    const labels = await this.#labels(image, maps, signal);
    this.scales.slice(0, -1).forEach((scale, step) => {
      const lower = this.scales.slice(step + 1).reverse();
      const known = knownOf(lower.map((each) => knownMaps(maps.get(each)!)));
      const { width, height, top } = known;
      const finer = onGrid(maps.get(scale)!.logits!, height, width);
      const cells = width * height;
      const { features, changed, leads } = this.#samples[step]!;
      const stride = Math.max(1, Math.floor(cells / CELLS)) | 1;
      for (let i = 0; i < cells; i += stride) {
        const [x, y] = [i % width, Math.floor(i / width)];
        const column = Math.floor(((x + 0.5) * image.width) / width);
        const row = Math.floor(((y + 0.5) * image.height) / height);
        features.push(featuresOf(known, i));
        changed.push(labels[row * image.width + column] === top[i] ? 0 : 1);
        leads.push(leadOver(finer, top[i]!, i, cells));
      }
    });
  }

  /** The gates for each scale but the lowest, highest first, from what was observed. */
  gates(kind: Gate['kind']): Gate[] {
    return this.#samples.map(({ features, changed, leads }): Gate => {
      if (kind === 'margin') {
        return { kind, delta: Math.max(1e-6, quantile(Float64Array.from(leads), DELTA_SHARE)) };
      }
      const [bias, open, entropy, margin] = logisticFit(features, changed) as [
        number,
        number,
        number,
        number,
      ];
      return { kind, bias, open, entropy, margin };
    });
  }

  /** Labels an image, as the network sees it, with each threshold. */
  async try(
    image: Pixels,
    way: Pick<AdaptiveWay, 'scales' | 'gates' | 'halo' | 'averages'>,
    thresholds: readonly number[],
    signal?: AbortSignal,
  ): Promise<AdaptiveTry[]> {
    const whole = await this.#wholeMaps(image, way, signal);
    const { scales } = this.#network.graphs;
    const tries: AdaptiveTry[] = [];
    for (const threshold of thresholds) {
      const { maps, pixels } = await coarseToFine(scales, image, {
        way,
        threshold,
        tile: async ({ scale, maps }, tile) => {
          const size = sizeAt(image, scale);
          if (tile.width === size.width && tile.height === size.height) return whole.get(scale)!;
          const cut = ([name, map]: [string, NonNullable<ScaleMaps['logits']>]) => {
            const { step } = maps.find((each) => each.name === name)!;
            const along = (all: number, start: number, length: number) => {
              const first = Math.floor(start / step);
              return {
                whole: all,
                start: first,
                length: Math.min(all, Math.ceil((start + length) / step)) - first,
              };
            };
            const rows = along(map.rows.whole, tile.y, tile.height);
            return [name, croppedMap(map, rows, along(map.columns.whole, tile.x, tile.width))] as const;
          };
          return Object.fromEntries(Object.entries(whole.get(scale)!).map(cut));
        },
      });
      const labels = await this.#labels(image, maps, signal);
      const lowest = scales.at(-1)!;
      const { width, height } = sizeAt(image, lowest.scale);
      const measured = lowest.measuring === undefined ? 0 : width * height;
      tries.push({ threshold, labels, work: workOf(scales, image, pixels, measured) });
    }
    return tries;
  }

  /** For each scale but the lowest, highest first, how far its averages over the image are above those of the lowest. */
  averages(): NonNullable<AdaptiveWay['averages']> {
    return this.#shifts.map((sums) =>
      Object.fromEntries([...sums].map(([name, sum]) => [name, Array.from(sum, (x) => x / this.#observed)])),
    );
  }

  async #measureAverages(image: Pixels, signal?: AbortSignal): Promise<void> {
    this.#observed++;
    const source = pixelSource(image);
    let lowest: AverageValues = new Map();
    const graphs = this.#network.graphs.scales;
    for (const { scale, averages, measuring } of [...graphs].reverse()) {
      if (measuring === undefined) continue;
      const sums = new AverageSums(averages);
      const whole = { x: 0, y: 0, ...sizeAt(image, scale) };
      const part = await source.read(pixelsOf(image, scale, whole));
      sums.add(await this.#network.measure(image, scale, whole, part, whole, signal));
      const shifts = this.#shifts[this.scales.indexOf(scale)];
      if (shifts === undefined) lowest = sums.values;
      else {
        for (const [name, values] of sums.values) {
          const sum = shifts.get(name) ?? new Float64Array(values.length);
          shifts.set(name, sum);
          for (let i = 0; i < sum.length; i++) sum[i]! += values[i]! - lowest.get(name)![i]!;
        }
      }
    }
  }

  async #wholeMaps(
    image: Pixels,
    way: Pick<AdaptiveWay, 'scales' | 'averages'> | undefined,
    signal?: AbortSignal,
  ): Promise<Map<number, ScaleMaps>> {
    const tiles = new NetworkTiles(this.#network, pixelSource(image), way, signal);
    const maps = new Map<number, ScaleMaps>();
    for (const graph of [...this.#network.graphs.scales].reverse()) {
      maps.set(graph.scale, await tiles.tile(graph, { x: 0, y: 0, ...sizeAt(image, graph.scale) }));
    }
    return maps;
  }

  async #labels(
    image: Pixels,
    maps: ReadonlyMap<number, ScaleMaps>,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const results = new JoinedResults(image);
    await combineBands(this.#network, image, maps, results.add, signal);
    return results.results[outputNames.labels]!.data as Uint8Array;
  }
}

function knownMaps({ logits, weight }: ScaleMaps): KnownMaps {
  return { logits: logits!, ...(weight && { weight }) };
}

function leadOver(logits: Float32Array, top: number, cell: number, cells: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let c = 0, at = cell; at < logits.length; c++, at += cells) {
    if (c !== top && logits[at]! > best) best = logits[at]!;
  }
  return best - logits[top * cells + cell]!;
}
