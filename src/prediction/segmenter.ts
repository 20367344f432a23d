import type { NdArray } from '../base/arrays/index.js';
import { checkArgument, HmsaError, isObject, isRecord, shown } from '../base/errors/index.js';
import type { ClassMap } from '../data/index.js';
import {
  checkOptions as checkSessionOptions,
  type Session,
  type SessionOptions,
} from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import { type Combination, checkedScales, leastSide } from '../model/index.js';
import { checkOptions, checkPixels, checkSmallest } from './check.js';
import { inferenceGraph, outputNames } from './inference-graph.js';
import { checkMemory, checkWork } from './memory.js';
import { enlargedTo, resized, seenSize } from './reduction.js';
import type { RgbPixels, Segmentation, SegmentOptions } from './segmentation.js';
import { SessionCache } from './session-cache.js';

/** How a {@link Segmenter} runs. */
export interface SegmenterOptions extends SessionOptions {
  /** Bytes that labelling one image may take; images that would need more are refused. No limit where left out. */
  readonly memoryLimit?: number;
}

/** @throws HmsaError that names the option */
export function checkSegmenterOptions(options: SegmenterOptions): void {
  checkSessionOptions(options);
  const { memoryLimit } = options;
  if (memoryLimit === undefined || (typeof memoryLimit === 'number' && memoryLimit > 0)) return;
  throw new HmsaError({
    operation: 'memoryLimit',
    expected: 'a number of bytes above 0',
    received: shown(memoryLimit),
  });
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
  readonly #memoryLimit: number;
  readonly #sessions = new SessionCache(OPEN_GRAPHS);

  /** @throws HmsaError when the model, the function or an option is of another kind */
  constructor(
    model: Model,
    open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
    options: SegmenterOptions = {},
  ) {
    const isModel = isRecord(model) && [model.config, model.classes, model.weights].every(isObject);
    checkArgument(isModel, 'Segmenter', 'a model, as decodeModel gives it', model);
    checkArgument(typeof open === 'function', 'Segmenter', 'a function that opens a session', open);
    checkSegmenterOptions(options);
    const { memoryLimit = Number.POSITIVE_INFINITY, ...sessionOptions } = options;
    this.model = model;
    this.#open = open;
    this.#options = sessionOptions;
    this.#memoryLimit = memoryLimit;
  }

  /** The classes that its labels are of. */
  get classes(): ClassMap {
    return this.model.classes;
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
   * Labels every pixel of an image. One that is larger than what the model has learned from is reduced for the network
   * (see {@link SegmentOptions.maxSide}); its pixels then take the labels and the attention of the nearest one.
   *
   * @throws HmsaError when the image is none, too small, too large for the memory or at the highest scale, the scales do
   *   not suit the combination or the model, or the network's output is not finite
   */
  async segment(image: RgbPixels, options: SegmentOptions = {}): Promise<Segmentation> {
    const choice = this.#choice(options);
    checkPixels(image);
    const { config, imageSize } = this.model;
    const least = leastSide(config, choice.scales);
    const seen = seenSize(image, imageSize, options.maxSide, least);
    checkSmallest(image, seen, least, choice.scales);
    checkMemory(config, seen, choice.scales, this.#memoryLimit);
    checkWork(seen, config.classes, Math.max(...choice.scales));
    return enlargedTo(image, await this.#run(resized(image, seen), choice, options.signal));
  }

  async #run(
    { width, height, data }: RgbPixels,
    choice: Choice,
    signal?: AbortSignal,
  ): Promise<Segmentation> {
    const { scales, details } = choice;
    const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } satisfies Record<
      string,
      NdArray
    >;
    const results = await this.#with(choice, (session) =>
      session.run(feeds, signal === undefined ? {} : { signal }),
    );
    checkFinite(results[outputNames.check]!);
    const bytes = (name: string) => results[name]!.data as Uint8Array;
    const labels = bytes(outputNames.labels);
    const result = { width, height, labels, seen: { width, height } };
    if (!details) return result;
    return {
      ...result,
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

  #choice(options: SegmentOptions): Choice {
    checkOptions(options);
    const { combine = 'hierarchical', details = false, scales } = options;
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
