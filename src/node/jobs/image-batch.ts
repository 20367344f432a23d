import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import type { Segmentation, Segmenter, SegmentOptions } from '../../prediction/index.js';

/** The place of one image in a batch. */
export interface BatchPlace {
  /** The result, computed when the others are there too. @throws HmsaError as `Segmenter.segment` does */
  segment(image: Pixels): Promise<Segmentation>;
}

/** The least and the most images that are computed at once. */
export const batchSize = z.number().int().min(1).max(64).optional();

/** Images that are read at the same time and then computed together. */
export class ImageBatch {
  readonly #segmenter: Pick<Segmenter, 'segment' | 'segmentBatch'>;
  readonly #options: SegmentOptions;
  readonly #images: Pixels[] = [];
  #awaited: number;
  #start: () => void = () => {};
  readonly #results: Promise<readonly (Segmentation | Error)[]>;

  /** @param count how many images are awaited */
  constructor(
    segmenter: Pick<Segmenter, 'segment' | 'segmentBatch'>,
    count: number,
    options: SegmentOptions,
  ) {
    this.#segmenter = segmenter;
    this.#options = options;
    this.#awaited = count;
    this.#results = new Promise<void>((resolve) => {
      this.#start = resolve;
    }).then(() => this.#computed());
  }

  /**
   * The work on one image, which calls {@link segment} at most once. Each awaited image has its own, so that the others do not wait
   * for one that cannot be read.
   */
  async join<T>(work: (place: BatchPlace) => Promise<T>): Promise<T> {
    let hasCome = false;
    const come = () => {
      if (hasCome) return;
      hasCome = true;
      if (--this.#awaited === 0) this.#start();
    };
    try {
      return await work({ segment: (image) => this.#segment(image, come) });
    } finally {
      come();
    }
  }

  async #segment(image: Pixels, come: () => void): Promise<Segmentation> {
    const index = this.#images.push(image) - 1;
    come();
    const result = (await this.#results)[index]!;
    if (result instanceof Error) throw result;
    return result;
  }

  async #computed(): Promise<(Segmentation | Error)[]> {
    const images = this.#images;
    try {
      return images.length === 0 ? [] : await this.#segmenter.segmentBatch(images, this.#options);
    } catch (error) {
      if (!(error instanceof HmsaError) || images.length === 1) return images.map(() => error as Error);
      // One of them has failed; each alone tells which.
      const results: (Segmentation | Error)[] = [];
      for (const image of images)
        results.push(
          await this.#segmenter.segment(image, this.#options).catch((reason: unknown) => reason as Error),
        );
      return results;
    }
  }
}

/** Pieces of a list, the last of which may be shorter. */
export async function* inPieces<T>(
  items: Iterable<T> | AsyncIterable<T>,
  length: number,
): AsyncGenerator<T[], void, undefined> {
  let piece: T[] = [];
  for await (const item of items) {
    piece.push(item);
    if (piece.length < length) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}
