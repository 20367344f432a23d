import type { NdArray } from '../base/arrays.js';
import type { Pixels } from '../base/pixels.js';
import { RunQueue } from '../base/tasks.js';
import type { Size } from '../data/index.js';
import { coarseToFineResults } from './adaptive/index.js';
import type { Choice } from './choice.js';
import { averaged, mirrored } from './flip.js';
import { JoinedResults } from './joined-results.js';
import { fitsMemory, isModest } from './memory.js';
import type { OpenModel } from './open-model.js';
import { segmentationOf } from './results.js';
import { runTiled, type TiledOptions } from './run-tiled.js';
import type { Segmentation } from './segmentation.js';
import { pixelSource, type TileSource } from './tile-source.js';

/** Tiles of more memory than this save hardly anything. */
const MOST_TILE_MEMORY = 6e9;

/** The pixels of an image as networks take them. */
export function imageFeeds({ data, width, height }: Pixels) {
  return { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } satisfies Record<string, NdArray>;
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
  fits(seen: Size, { scales, combine }: Choice): boolean {
    const { config } = this.#network.model;
    return (
      isModest(seen, config.classes, Math.max(...scales)) &&
      fitsMemory(config, seen, { scales, combine }, this.#memoryLimit)
    );
  }

  /** @param onProgress awaited with the share of the work that is done, 0 … 1, for an image in tiles */
  async segment(
    image: Pixels,
    choice: Choice,
    signal?: AbortSignal,
    onProgress?: (share: number) => unknown,
  ): Promise<Segmentation> {
    if (!this.fits(image, choice)) return this.#tiled(image, choice, signal, onProgress);
    return choice.flip ? this.#flipped(image, choice, signal) : this.#whole(image, choice, signal);
  }

  async #whole(image: Pixels, choice: Choice, signal?: AbortSignal): Promise<Segmentation> {
    const { adaptive } = choice;
    if (adaptive === undefined || adaptive.threshold === 0)
      return segmentationOf(await this.#network.whole(choice, imageFeeds(image), signal), image, choice);
    const { results, work } = await coarseToFineResults(
      await this.#network.split(choice),
      this.#network.model.config,
      pixelSource(image),
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
    onProgress?: (share: number) => unknown,
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

  /** Computes an image that need not be in memory. @throws HmsaError when not even the smallest tiles fit */
  async inTiles(source: TileSource, options: Omit<TiledOptions, 'memory'>): Promise<void> {
    const memory = Math.min(this.#memoryLimit, MOST_TILE_MEMORY);
    const computed = await this.#network.computed();
    const open = (graph: Uint8Array) => this.#network.openPart(graph);
    // Each takes all of the memory.
    const run = () => runTiled(this.#network.model.config, computed, open, source, { ...options, memory });
    await this.#tiles.add(run, options.signal);
  }
}
