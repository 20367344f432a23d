import type { NdArray } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import type { Pixels } from '../base/pixels.js';
import { RunQueue } from '../base/tasks.js';
import type { Size } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { coarseToFineResults } from './adaptive/index.js';
import type { Choice } from './choice.js';
import { averaged, mirrored } from './flip.js';
import { JoinedResults } from './joined-results.js';
import { fitsMemory, isModest } from './memory.js';
import type { OpenModel } from './open-model.js';
import { segmentationOf } from './results.js';
import { runTiled, type TiledOptions } from './run-tiled.js';
import type { TileProgress } from './segment-tiles.js';
import type { Segmentation } from './segmentation.js';
import { pixelSource, type TileSource } from './tile-source.js';

/** Tiles of more memory than this save hardly anything. */
const MOST_TILE_MEMORY = 6e9;

/** The pixels of an image as networks take them. */
export function imageFeeds({ data, width, height }: Pixels, batch = 1): NamedArrays {
  return { image: { dtype: 'uint8', shape: [batch, height, width, 3], data } };
}

/** The ways from an image, of the size that the network sees, to its labels: whole, from coarse to fine, or in tiles. */
export class Routes {
  readonly #network: OpenModel;
  readonly #memoryLimit: number;
  readonly #tiles = new RunQueue();

  /** @param memoryLimit bytes that one image may take */
  constructor(network: OpenModel, memoryLimit: number) {
    this.#network = network;
    this.#memoryLimit = memoryLimit;
  }

  /** Whether an image is computed whole; else it is in tiles. */
  fits(seen: Size, choice: Choice): boolean {
    const { config } = this.#network.model;
    return (
      isModest(seen, config.classes, Math.max(...choice.scales)) &&
      fitsMemory(config, seen, choice, this.#memoryLimit)
    );
  }

  /** @param onProgress awaited with the share of the work that is done, 0 … 1, for an image in tiles */
  async segment(
    image: Pixels,
    choice: Choice,
    signal?: AbortSignal,
    onProgress?: TileProgress,
  ): Promise<Segmentation> {
    if (!this.fits(image, choice)) return this.#tiled(image, choice, signal, onProgress);
    return choice.flip ? this.#flipped(image, choice, signal) : this.#whole(image, choice, signal);
  }

  /**
   * Images of one size, whole: as many at once as fit into the memory, in runs of 1, 2, 4, … so that few graphs are opened.
   *
   * @returns undefined if not even two are computed at once
   */
  async segmentTogether(
    images: readonly Pixels[],
    choice: Choice,
    signal?: AbortSignal,
  ): Promise<Segmentation[] | undefined> {
    const { width, height } = images[0]!;
    const fitting = (count: number) => this.fits({ width, height: height * count }, choice);
    let batch = 2 ** Math.floor(Math.log2(images.length));
    while (batch > 1 && !fitting(batch)) batch /= 2;
    const isAlone = choice.flip || choice.adaptive !== undefined;
    if (batch === 1 || isAlone) return undefined;
    const results: Segmentation[] = [];
    for (let at = 0; at < images.length; ) {
      while (batch > images.length - at) batch /= 2;
      const data = new Uint8Array(batch * 3 * width * height);
      for (let i = 0; i < batch; i++) data.set(images[at + i]!.data, i * 3 * width * height);
      const feeds = imageFeeds({ data, width, height }, batch);
      const found = await this.#network.whole(choice, feeds, signal, batch);
      for (let i = 0; i < batch; i++)
        results.push(
          segmentationOf(batch === 1 ? found : partOf(found, i, batch), { width, height }, choice),
        );
      at += batch;
    }
    return results;
  }

  async #whole(image: Pixels, choice: Choice, signal?: AbortSignal): Promise<Segmentation> {
    const { adaptive } = choice;
    if (adaptive === undefined || adaptive.threshold === 0)
      return segmentationOf(await this.#network.whole(choice, imageFeeds(image), signal), image, choice);
    const { results, work } = await coarseToFineResults(
      await this.#network.split(choice),
      image,
      adaptive,
      signal,
    );
    return { ...segmentationOf(results, image, choice), work };
  }

  /** The result for the average of the image's logits and its mirror image's. */
  async #flipped(image: Pixels, choice: Choice, signal?: AbortSignal): Promise<Segmentation> {
    const own = await this.#whole(image, { ...choice, logits: true, confidence: false }, signal);
    const plain = { ...choice, details: false, attention: false, confidence: false, logits: true };
    const other = await this.#whole(mirrored(image), plain, signal);
    const { labels, confidence, logits } = averaged(
      { ...own, logits: own.logits! },
      { logits: other.logits! },
      { isProbability: choice.combine === 'max', withConfidence: choice.confidence },
    );
    const { logits: _, ...rest } = own;
    return { ...rest, labels, ...(choice.confidence && { confidence }), ...(choice.logits && { logits }) };
  }

  async #tiled(
    image: Pixels,
    choice: Choice,
    signal?: AbortSignal,
    onProgress?: TileProgress,
  ): Promise<Segmentation> {
    const whole = new JoinedResults(image);
    await this.inTiles(pixelSource(image), {
      choice,
      // The image and a result, and their copies.
      held: 2 * image.width * image.height * 4,
      onRegion: whole.add,
      ...(onProgress && { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    return segmentationOf(whole.results, image, choice);
  }

  /** Computes an image that need not be in memory. @throws HmsaError for `adaptive`, and when not even the smallest tiles fit */
  async inTiles(source: TileSource, options: Omit<TiledOptions, 'memory' | 'onGpu'>): Promise<void> {
    if (options.choice.adaptive) refuseTiles(source);
    const memory = Math.min(this.#memoryLimit, MOST_TILE_MEMORY);
    const open = (graph: Uint8Array) => this.#network.openPart(graph);
    // Each takes all of the memory.
    const tiled = { ...options, memory, onGpu: this.#network.onGpu };
    const run = async () =>
      runTiled(this.#network.model.config, await this.#network.computed(), open, source, tiled);
    await this.#tiles.add(run, options.signal);
  }
}

/** @throws HmsaError always */
function refuseTiles({ width, height }: Size): never {
  throw new HmsaError({
    operation: 'adaptive',
    expected: 'an image that fits into the memory as a whole',
    received: `${width}×${height} pixels, which are labelled in tiles`,
    remedy: 'Leave out --adaptive, give more memory (--memory), or reduce the image (--max-side).',
  });
}

/** The results of one image of a batch. */
function partOf(results: NamedArrays, index: number, batch: number): NamedArrays {
  return Object.fromEntries(
    Object.entries(results).map(([name, array]) => {
      const length = array.data.length / batch;
      const data = (array.data as Uint8Array).slice(index * length, (index + 1) * length);
      return [name, { ...array, shape: [1, ...array.shape.slice(1)], data } as NdArray];
    }),
  );
}
