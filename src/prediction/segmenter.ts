import { checkArgument, HmsaError, isObject, isRecord } from '../base/errors/index.js';
import type { Pixels } from '../base/pixels.js';
import type { ClassMap, Size } from '../data/index.js';
import type { Session, SessionOptions } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import { leastSide } from '../model/index.js';
import { AdaptiveStudy } from './adaptive/index.js';
import { checkImage, checkSmallest } from './check.js';
import { type Choice, chosen } from './choice.js';
import type { Way } from './inference-graph.js';
import { type LabelSink, RowJoiner } from './label-rows.js';
import { checkEnlargement } from './memory.js';
import { OpenCalls } from './open-calls.js';
import { OpenModel } from './open-model.js';
import type { PlannedTiles } from './plan-tiles.js';
import { enlargedTo, resized, seenSize } from './reduction.js';
import { resultsOf, segmentationOf } from './results.js';
import { Routes } from './routes.js';
import type { TileProgress } from './segment-tiles.js';
import { segmentWays } from './segment-ways.js';
import type { Segmentation, SegmentOptions } from './segmentation.js';
import { checkSegmenterOptions, type SegmenterOptions } from './segmenter-options.js';
import { checkedSource, reducedSource, type TileSource } from './tile-source.js';

/** What {@link Segmenter.segment} takes. */
export interface ImageOptions extends SegmentOptions {
  /** Awaited after each tile of an image in tiles, with the share of the work that is done, 0 … 1. If it throws, the work ends. */
  readonly onProgress?: TileProgress;
}

/** What {@link Segmenter.segmentRows} takes. */
export interface RowOptions extends Omit<ImageOptions, 'logits'> {
  /** Awaited with the tiles of an image that does not fit into the memory whole, before any is computed. */
  readonly onPlan?: (plan: PlannedTiles) => unknown;
}

/**
 * Labels images with a model. It compiles one graph for each choice of scales and combination. A graph takes images of any
 * size, and stays open in a bounded cache until {@link dispose}.
 */
export class Segmenter {
  readonly model: Model;
  /** Bytes of memory that one image may take. */
  readonly memoryLimit: number;
  readonly #network: OpenModel;
  readonly #routes: Routes;
  /** How a command names this model. */
  protected readonly modelFlag: string = ' --model FILE';
  readonly #calls = new OpenCalls();
  readonly #within: Pick<Segmenter, 'segment' | 'segmentBatch'> = {
    segment: (image, options) => this.#segment(image, options),
    segmentBatch: (images, options) => this.#segmentBatch(images, options),
  };

  /**
   * @param open opens the bytes of an ONNX file as a session
   * @throws HmsaError when an argument is not of its kind
   */
  constructor(
    model: Model,
    open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
    options: SegmenterOptions = {},
  ) {
    const isModel = isRecord(model) && [model.config, model.classes, model.weights].every(isObject);
    checkArgument(isModel, 'Segmenter', 'a model, as decodeModel gives it', model);
    checkArgument(typeof open === 'function', 'Segmenter', 'a function that opens a session', open);
    checkSegmenterOptions(options);
    const { memoryLimit = Number.POSITIVE_INFINITY, precision = 'float32', ...sessionOptions } = options;
    this.model = model;
    this.memoryLimit = memoryLimit;
    this.#network = new OpenModel(model, open, sessionOptions, precision);
    this.#routes = new Routes(this.#network, memoryLimit);
  }

  /** The classes of its labels. */
  get classes(): ClassMap {
    return this.model.classes;
  }

  /**
   * Opens the graph that the options need. Call it before the first image, to find wrong options early.
   *
   * @returns the scales, highest first
   * @throws HmsaError when the scales do not fit the combination or the model, or the device is missing
   */
  async prepare(
    options: Omit<SegmentOptions, 'signal'> = {},
  ): Promise<{ readonly scales: readonly number[] }> {
    return this.#calls.run(async () => {
      const choice = this.#chosen(options);
      await this.#network.prepare(choice);
      return { scales: choice.scales };
    });
  }

  /**
   * Labels every pixel of an image. An image larger than the training photographs is reduced for the network (see
   * {@link SegmentOptions.maxSide}); its pixels then take labels and attention of the nearest pixel of the reduced image.
   *
   * @throws HmsaError when the image is not valid or too small, or not even tiles of it fit into the memory; when the scales do
   *   not fit the combination or the model; or when the network's output is not finite
   */
  async segment(image: Pixels, options: ImageOptions = {}): Promise<Segmentation> {
    return this.#calls.run(() => this.#segment(image, options));
  }

  async #segment(image: Pixels, options: ImageOptions = {}): Promise<Segmentation> {
    const choice = this.#chosen(options, ['onProgress']);
    const { signal, onProgress } = options;
    checkImage(image);
    const input = resized(image, this.#seen(image, choice.scales, options));
    return enlargedTo(image, await this.#routes.segment(input, choice, signal, onProgress));
  }

  /**
   * Labels several images. Those that the network sees at one size are computed at once, as far as they fit into the memory: this
   * is faster for small images. With `flip` and `adaptive` each is computed alone.
   *
   * @returns the results of {@link segment}, but for rounding, in the order of the images
   * @throws HmsaError as {@link segment} does, if one of the images cannot be labelled
   */
  async segmentBatch(images: readonly Pixels[], options: SegmentOptions = {}): Promise<Segmentation[]> {
    return this.#calls.run(() => this.#segmentBatch(images, options));
  }

  async #segmentBatch(images: readonly Pixels[], options: SegmentOptions = {}): Promise<Segmentation[]> {
    const choice = this.#chosen(options);
    checkArgument(Array.isArray(images), 'segmentBatch', 'a list of images', images);
    const inputs = images.map((image) => {
      checkImage(image);
      return resized(image, this.#seen(image, choice.scales, options));
    });
    const groups = new Map<string, number[]>();
    for (const [i, { width, height }] of inputs.entries())
      groups.set(`${width}×${height}`, [...(groups.get(`${width}×${height}`) ?? []), i]);
    const results = new Array<Segmentation>(images.length);
    for (const group of groups.values()) {
      const own = group.map((i) => inputs[i]!);
      const together = await this.#routes.segmentTogether(own, choice, options.signal);
      for (const [at, i] of group.entries()) {
        const found = together?.[at] ?? (await this.#routes.segment(inputs[i]!, choice, options.signal));
        results[i] = enlargedTo(images[i]!, found);
      }
    }
    return results;
  }

  #chosen(options: SegmentOptions, hooks: readonly string[] = []): Choice {
    return chosen(this.model, options, { hooks, modelFlag: this.modelFlag });
  }

  /** The size at which the network sees an image. @throws HmsaError when it is too small, or too large for a scale above 2 */
  #seen(image: Size, scales: readonly number[], { maxSide }: Pick<SegmentOptions, 'maxSide'>): Size {
    const { config, imageSize } = this.model;
    const least = leastSide(config, scales);
    const seen = seenSize(image, imageSize, maxSide, least);
    checkSmallest(image, seen, config, scales);
    checkEnlargement(seen, config.classes, Math.max(...scales));
    return seen;
  }

  /**
   * Labels an image in several ways at once. Each scale is computed once, so this costs little more than the way with the most
   * scales; an image that does not fit into the memory is computed in tiles, once for each way.
   *
   * @returns the labels of each way, in their order, at the size of the image
   * @throws HmsaError as {@link segment} does
   */
  async segmentWays(
    image: Pixels,
    ways: readonly Way[],
    options: Pick<SegmentOptions, 'maxSide' | 'signal'> = {},
  ): Promise<Uint8Array[]> {
    return this.#calls.run(() => this.#segmentWays(image, ways, options));
  }

  async #segmentWays(
    image: Pixels,
    ways: readonly Way[],
    options: Pick<SegmentOptions, 'maxSide' | 'signal'>,
  ): Promise<Uint8Array[]> {
    const choices = ways.map((way) => this.#chosen({ ...way }));
    checkImage(image);
    const scales = choices.flatMap((choice) => choice.scales);
    const input = resized(image, this.#seen(image, scales, options));
    const found = await segmentWays(this.#network, this.#routes, input, choices, options.signal);
    const { width, height } = input;
    return found.map(
      (labels) => enlargedTo(image, { labels, width, height, seen: { width, height } }).labels,
    );
  }

  /**
   * Labels an image of any size, row by row: neither the image nor its labels are ever in memory as a whole. As {@link segment}
   * does, it reduces an image larger than the training photographs, and each pixel takes the label of the nearest one.
   *
   * @param source gives rectangles of the image
   * @param sink takes the rows of labels from top to bottom
   * @returns the size at which the network saw the image
   * @throws HmsaError as {@link segment} does
   */
  async segmentRows(source: TileSource, sink: LabelSink, options: RowOptions = {}): Promise<{ seen: Size }> {
    return this.#calls.run(() => this.#segmentRows(source, sink, options));
  }

  async #segmentRows(source: TileSource, sink: LabelSink, options: RowOptions): Promise<{ seen: Size }> {
    const choice = this.#chosen(options, ['onProgress', 'onPlan']);
    const { signal, onProgress, onPlan } = options;
    const checked = checkedSource(source);
    const isSink = isObject(sink) && typeof sink.write === 'function';
    checkArgument(isSink, 'segmentRows', 'what takes the rows, as { write }', sink);
    const seen = this.#seen(source, choice.scales, options);
    const reduced = reducedSource(checked, seen);
    const rows = new RowJoiner(source, seen, sink, (results) => segmentationOf(results, seen, choice));
    const whole = { x: 0, y: 0, ...seen };
    if (this.#routes.fits(seen, choice)) {
      const found = await this.#routes.segment(await reduced.read(whole), choice, signal);
      await rows.add(whole, resultsOf(found));
    } else {
      await this.#routes.inTiles(reduced, {
        choice,
        onRegion: (region, results) => rows.add(region, results),
        ...(onProgress && { onProgress }),
        ...(onPlan && { onPlan }),
        ...(signal && { signal }),
      });
    }
    return { seen };
  }

  /**
   * Closes all graphs. Calls that were made before are finished first, whatever state they are in, and the promise resolves after
   * them; calls that are made afterwards throw HmsaError. A second call does nothing. Awaited within a callback of a call
   * (`onProgress`, a source or a sink), it waits for itself without end.
   */
  async dispose(): Promise<void> {
    await this.#calls.close();
    await this.#network.dispose();
  }

  /**
   * Runs a task as one call: {@link dispose} waits for it, and what it is given works in it until it ends.
   *
   * @throws HmsaError after {@link dispose}
   */
  protected during<T>(task: (within: Pick<Segmenter, 'segment' | 'segmentBatch'>) => Promise<T>): Promise<T> {
    return this.#calls.run(() => task(this.#within));
  }

  /**
   * What measures where the higher scales of this model can be left out; see `hmsa calibrate`.
   *
   * @throws HmsaError when the scales do not fit, are fewer than two, or the network cannot be computed in parts
   */
  async adaptiveStudy(options: Pick<SegmentOptions, 'scales' | 'combine'> = {}): Promise<AdaptiveStudy> {
    return this.#calls.run(() => this.#adaptiveStudy(options));
  }

  async #adaptiveStudy(options: Pick<SegmentOptions, 'scales' | 'combine'>): Promise<AdaptiveStudy> {
    const choice = this.#chosen({ ...options, adaptive: false });
    const { scales, combine } = choice;
    if (scales.length < 2 || combine === 'single') {
      throw new HmsaError({
        operation: 'adaptive',
        expected: 'two scales or more, of which the higher ones can be left out',
        received: `scale ${scales.join(', ')}`,
        remedy: 'Give the scales to combine (--scales 0.5,1,2).',
      });
    }
    const network = await this.#network.split(choice);
    return new AdaptiveStudy(network, this.model.config, { scales, combine });
  }
}

/** @throws HmsaError when the value is not a segmenter */
export function checkSegmenter(value: unknown, operation: string): asserts value is Segmenter {
  const isSegmenter = isRecord(value) && typeof value.prepare === 'function' && isObject(value.model);
  checkArgument(isSegmenter, operation, 'a model for use, as loadModel gives it', value);
}
