import type { NdArray } from '../arrays/index.js';
import { HmsaError } from '../errors/index.js';
import type { Model } from '../model-file/index.js';
import { type Combination, checkedScales } from '../models/index.js';
import type { Session, SessionOptions } from '../runtime/index.js';
import { inferenceGraph, outputNames } from './inference-graph.js';

export interface SegmentOptions {
  /** Scales of the image, each above 0; the model's own where left out. */
  readonly scales?: readonly number[];
  /** `hierarchical` where left out. */
  readonly combine?: Combination;
  /** Return what each scale says and is trusted with, too. */
  readonly details?: boolean;
  readonly signal?: AbortSignal;
}

/** RGB pixels, H·W·3, row-major, 0 … 255. */
export interface RgbPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Segmentation {
  readonly width: number;
  readonly height: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /** With details: each scale's own labels, highest scale first. */
  readonly scales?: readonly ScaleSegmentation[];
}

export interface ScaleSegmentation {
  readonly scale: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /** How much this scale is trusted over the higher ones, H·W, 0 … 1; missing for the highest. */
  readonly attention?: Float32Array;
}

/** Graphs kept open at most; the one unused the longest is closed for another. */
const OPEN_GRAPHS = 4;

/** The smallest side of an image: below it, not one pixel is left at the trunk's deepest features. */
const SMALLEST_SIDE = 16;

/**
 * Labels images with a model. Graphs are lowered once for each choice of scales and combination, take any image size,
 * and stay open in a bounded cache until {@link dispose}.
 */
export class Segmenter {
  readonly model: Model;
  readonly #open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<string, Promise<Session>>();
  #disposed = false;

  constructor(
    model: Model,
    open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
    options: SessionOptions = {},
  ) {
    this.model = model;
    this.#open = open;
    this.#options = options;
  }

  /**
   * Labels every pixel of an image.
   *
   * @throws HmsaError when the image is too small, or the scales do not suit the combination or the model
   */
  async segment(image: RgbPixels, options: SegmentOptions = {}): Promise<Segmentation> {
    const { combine = 'hierarchical', details = false } = options;
    const scales = checkedScales(this.model.config, {
      scales: options.scales ?? this.model.config.scales,
      combine,
    });
    checkImage(image, Math.min(...scales));
    const session = await this.#session(scales, combine, details);
    const { width, height, data } = image;
    const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } satisfies Record<
      string,
      NdArray
    >;
    const results = await session.run(feeds, options.signal === undefined ? {} : { signal: options.signal });
    const bytes = (name: string) => results[name]!.data as Uint8Array;
    const labels = bytes(outputNames.labels);
    if (!details) return { width, height, labels };
    return {
      width,
      height,
      labels,
      scales: scales.map((scale) => {
        const attention = results[outputNames.attention(scale)]?.data as Float32Array | undefined;
        return {
          scale,
          labels: bytes(outputNames.labelsAt(scale)),
          ...(attention === undefined ? {} : { attention }),
        };
      }),
    };
  }

  /** Closes every graph; a second call does nothing, and segmenting afterwards throws HmsaError. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).dispose();
  }

  #session(scales: readonly number[], combine: Combination, details: boolean): Promise<Session> {
    if (this.#disposed) {
      throw new HmsaError({
        operation: 'segment',
        expected: 'a model in use',
        received: 'one that was disposed',
        remedy: 'Load it again.',
      });
    }
    const key = JSON.stringify([scales, combine, details]);
    const known = this.#sessions.get(key);
    if (known !== undefined) {
      this.#sessions.delete(key);
      this.#sessions.set(key, known);
      return known;
    }
    const graph = inferenceGraph(this.model.config, this.model.weights, { scales, combine, details });
    const opened = this.#open(graph, this.#options);
    opened.catch(() => this.#sessions.delete(key));
    this.#sessions.set(key, opened);
    const [oldest] = this.#sessions;
    if (this.#sessions.size > OPEN_GRAPHS && oldest !== undefined) {
      this.#sessions.delete(oldest[0]);
      void oldest[1].then((session) => session.dispose());
    }
    return opened;
  }
}

function checkImage({ width, height, data }: RgbPixels, smallestScale: number): void {
  if (data.length !== width * height * 3) {
    throw new HmsaError({
      operation: 'segment',
      expected: `${width * height * 3} bytes of RGB for ${width}×${height} pixels`,
      received: String(data.length),
    });
  }
  const least = Math.ceil(SMALLEST_SIDE / smallestScale);
  if (Math.min(width, height) < least) {
    throw new HmsaError({
      operation: 'segment',
      expected: `an image of at least ${least}×${least} pixels for scale ${smallestScale}`,
      received: `${width}×${height}`,
      remedy: 'Enlarge it, or leave out the small scales.',
    });
  }
}
