import type { NdArray } from '../arrays/index.js';
import { HmsaError } from '../errors/index.js';
import type { Model } from '../model-file/index.js';
import { type Combination, checkedScales } from '../models/index.js';
import type { Session, SessionOptions } from '../runtime/index.js';
import { inferenceGraph, outputNames } from './inference-graph.js';
import { SessionCache } from './session-cache.js';

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

/**
 * Labels images with a model. Graphs are lowered once for each choice of scales and combination, take any image size,
 * and stay open in a bounded cache until {@link dispose}.
 */
export class Segmenter {
  readonly model: Model;
  readonly #open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>;
  readonly #options: SessionOptions;
  readonly #sessions = new SessionCache(OPEN_GRAPHS);

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
   * Opens what the options need ahead of the first image, so that what is wrong with them shows before.
   *
   * @returns the scales, highest first
   * @throws HmsaError when the scales do not suit the combination or the model, or the device is missing
   */
  async prepare(
    options: Omit<SegmentOptions, 'signal'> = {},
  ): Promise<{ readonly scales: readonly number[] }> {
    const choice = this.#choice(options);
    await this.#with(choice, async () => {});
    return { scales: choice.scales };
  }

  /**
   * Labels every pixel of an image.
   *
   * @throws HmsaError when the image is too small, or too large at the highest scale, or the scales do not suit the combination or the model,
   *   or when the network's output is not finite
   */
  async segment(image: RgbPixels, options: SegmentOptions = {}): Promise<Segmentation> {
    const choice = this.#choice(options);
    const { scales, details } = choice;
    checkImage(image, this.model.config.trunk.outputStride, Math.min(...scales));
    checkWork(image, this.model.config.classes, Math.max(...scales));
    const { width, height, data } = image;
    const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } satisfies Record<
      string,
      NdArray
    >;
    const { signal } = options;
    const results = await this.#with(choice, (session) =>
      session.run(feeds, signal === undefined ? {} : { signal }),
    );
    checkFinite(results[outputNames.check]!);
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
  dispose(): Promise<void> {
    return this.#sessions.dispose();
  }

  #choice({ combine = 'hierarchical', details = false, scales }: SegmentOptions): Choice {
    const { config } = this.model;
    return { combine, details, scales: checkedScales(config, { scales: scales ?? config.scales, combine }) };
  }

  #with<T>(choice: Choice, task: (session: Session) => Promise<T>): Promise<T> {
    const { config, weights } = this.model;
    const { scales, combine, details } = choice;
    const open = () => this.#open(inferenceGraph(config, weights, { ...choice, check: true }), this.#options);
    return this.#sessions.use(JSON.stringify([scales, combine, details]), open, task);
  }
}

/** What a graph is made for. */
interface Choice {
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly details: boolean;
}

/** Below one stride of the trunk its deepest features are one pixel, most of it padding. */
function checkImage({ width, height, data }: RgbPixels, stride: number, smallestScale: number): void {
  if (data.length !== width * height * 3) {
    throw new HmsaError({
      operation: 'segment',
      expected: `${width * height * 3} bytes of RGB for ${width}×${height} pixels`,
      received: String(data.length),
    });
  }
  const least = Math.ceil(stride / smallestScale);
  if (Math.min(width, height) < least) {
    throw new HmsaError({
      operation: 'segment',
      expected: `an image of at least ${least}×${least} pixels for scale ${smallestScale}`,
      received: `${width}×${height}`,
      remedy: 'Enlarge it, or leave out the small scales.',
    });
  }
}

/** Of the image at the highest scale: the shipped model takes 9.3 GB for twice as many. */
const MOST_PIXELS = 2 ** 24;
/** Of the logits at the highest scale: 4 GiB of them. */
const MOST_LOGITS = 2 ** 30;

function checkWork({ width, height }: RgbPixels, classes: number, scale: number): void {
  const pixels = width * height * scale ** 2;
  const most = Math.min(MOST_PIXELS, Math.floor(MOST_LOGITS / classes));
  if (pixels <= most) return;
  const million = (count: number) => `${(count / 1e6).toPrecision(3)} million`;
  throw new HmsaError({
    operation: 'segment',
    expected: `at most ${million(most)} pixels at the highest scale, with ${classes} classes`,
    received: `${width}×${height} at scale ${scale}, which is ${million(pixels)}`,
    remedy: 'Reduce the image (--max-side), or give lower scales (--scales 0.5,1).',
  });
}

function checkFinite({ data: [check] }: NdArray): void {
  if (check === 0) return;
  throw new HmsaError({
    operation: 'segment',
    expected: 'finite output of the network',
    received: 'NaN or infinity',
    remedy:
      'The weights of the model are damaged, or its training has diverged: get it again, or train it anew.',
  });
}
