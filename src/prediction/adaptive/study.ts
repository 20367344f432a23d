import type { Pixels } from '../../base/pixels.js';
import type { Size } from '../../data/index.js';
import type { AdaptiveWay, Gate } from '../../model/file/index.js';
import type { Combination, ModelConfig } from '../../model/index.js';
import { outputNames } from '../inference-graph.js';
import { checkEnlargement } from '../memory.js';
import { type ScaleMaps, sizeAt } from '../scale-feeds.js';
import type { SplitNetwork } from '../split-network.js';
import { blockDoubts, LowerScales } from './coarse-to-fine.js';
import { featuresOf, type Known, onGrid } from './doubt.js';
import { logisticFit, quantile } from './fit.js';
import { type Change, worthOf } from './worth.js';

/** The labels of an image with one threshold, and the work that they take. */
export interface AdaptiveTry {
  readonly threshold: number;
  readonly labels: Uint8Array;
  readonly work: number;
}

/** The true labels of an image. */
export interface AdaptiveTruth {
  readonly width: number;
  readonly height: number;
  /** Train ids of the data set, row-major. */
  readonly labels: Uint8Array;
  /** Classes that are scored, and what class of the model and of the data set is which of them; see `CommonClasses`. */
  readonly classes: number;
  readonly fromModel: Uint8Array;
  readonly fromTruth: Uint8Array;
}

/** Cells of each image that a gate is fitted on. */
const CELLS = 6000;
/** The share of the highest scale's leads over the lower label that lie below the Δ of the margin test. */
const DELTA_SHARE = 0.999;
/** The shares of the observed blocks that the thresholds to try let through. */
const SHARES = [0.7, 0.6, 0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05];
/** Leaves no block out, with threshold 0. */
const EVERYTHING = { gate: { kind: 'margin', delta: 1 }, block: 64 } as const;
/** More than any doubt. */
const NOTHING = 1000;

/**
 * Measures where the highest scale can be left out. First it observes images, from which it fits gates; then it tries thresholds
 * on images, in the way in which {@link Segmenter.segment} labels them.
 */
export class AdaptiveStudy {
  /** Highest first. */
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly #network: SplitNetwork;
  readonly #classes: number;
  readonly #observed: { readonly known: Known; readonly size: Size }[] = [];
  readonly #features: [number, number, number][] = [];
  readonly #changes: Change[] = [];
  /** By how much the highest scale prefers another class to the label of the lower ones. */
  readonly #leads: number[] = [];
  #scored = 0;

  constructor(
    network: SplitNetwork,
    config: ModelConfig,
    { scales, combine }: { readonly scales: readonly number[]; readonly combine: Combination },
  ) {
    // Refuses models that have none before anything is computed.
    network.lowerGraph;
    this.#network = network;
    this.#classes = config.classes;
    this.scales = scales;
    this.combine = combine;
  }

  /** Takes samples of what the lower scales know, and of what the highest one changes, from an image as the network sees it. */
  async observe(image: Pixels, truth: AdaptiveTruth, signal?: AbortSignal): Promise<void> {
    const lower = await this.#lower(image, signal);
    const { maps } = await lower.withHighest(EVERYTHING, 0, signal);
    const labels = await this.#labels(image, maps, signal);
    const { known } = lower;
    const { width, height, top } = known;
    this.#observed.push({ known, size: sizeAt(image, this.scales[0]!) });
    this.#scored = truth.classes;
    const finer = onGrid(maps.get(this.scales[0]!)!.logits!, height, width);
    const cells = width * height;
    const stride = Math.max(1, Math.floor(cells / CELLS)) | 1;
    const at = (cell: number, to: Size) => {
      const column = Math.floor((((cell % width) + 0.5) * to.width) / width);
      const row = Math.floor(((Math.floor(cell / width) + 0.5) * to.height) / height);
      return row * to.width + column;
    };
    for (let i = 0; i < cells; i += stride) {
      const [before, after] = [top[i]!, labels[at(i, image)]!];
      this.#features.push(featuresOf(known, i));
      this.#changes.push({
        top: before,
        isChanged: before !== after,
        truth: truth.fromTruth[truth.labels[at(i, truth)]!]!,
        before: truth.fromModel[before]!,
        after: truth.fromModel[after]!,
      });
      this.#leads.push(leadOver(finer, before, i, cells));
    }
  }

  /** The gate, from what was observed. */
  gate(kind: Gate['kind']): Gate {
    if (kind === 'margin') {
      return { kind, delta: Math.max(1e-6, quantile(Float64Array.from(this.#leads), DELTA_SHARE)) };
    }
    const outcomes = this.#changes.map(({ isChanged }) => (isChanged ? 1 : 0));
    const [bias, open, entropy, margin] = logisticFit(this.#features, outcomes) as [
      number,
      number,
      number,
      number,
    ];
    const chances = this.#features.map(
      ([a, b, c]) => 1 / (1 + Math.exp(-(bias + open * a + entropy * b + margin * c))),
    );
    const worth = worthOf(this.#changes, chances, { model: this.#classes, scored: this.#scored });
    return { kind, bias, open, entropy, margin, worth };
  }

  /** Thresholds to try, from the one that computes most to one that computes nothing of the highest scale. */
  thresholds(way: Pick<AdaptiveWay, 'gate' | 'block'>): number[] {
    const doubts = Float64Array.from(
      this.#observed.flatMap(({ known, size }) => [...blockDoubts(known, size, way).means]),
    );
    const found = SHARES.map((share) => quantile(doubts, 1 - share)).filter((each) => each > 0);
    return [...new Set([...found, NOTHING])];
  }

  /** Labels an image, as the network sees it, with each threshold. */
  async try(
    image: Pixels,
    way: Pick<AdaptiveWay, 'gate' | 'block'>,
    thresholds: readonly number[],
    signal?: AbortSignal,
  ): Promise<AdaptiveTry[]> {
    const lower = await this.#lower(image, signal);
    const tries: AdaptiveTry[] = [];
    for (const threshold of thresholds) {
      const { maps, work } = await lower.withHighest(way, threshold, signal);
      tries.push({ threshold, labels: await this.#labels(image, maps, signal), work });
    }
    return tries;
  }

  async #lower(image: Pixels, signal?: AbortSignal): Promise<LowerScales> {
    checkEnlargement(image, this.#classes, this.scales[0]!);
    return LowerScales.of(this.#network, image, signal);
  }

  async #labels(
    image: Pixels,
    maps: ReadonlyMap<number, ScaleMaps>,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const results = await this.#network.combineWhole(image, maps, signal);
    return results[outputNames.labels]!.data as Uint8Array;
  }
}

function leadOver(logits: Float32Array, top: number, cell: number, cells: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let c = 0, at = cell; at < logits.length; c++, at += cells) {
    if (c !== top && logits[at]! > best) best = logits[at]!;
  }
  return best - logits[top * cells + cell]!;
}
