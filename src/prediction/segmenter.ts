import { float32, type NdArray, uint8 } from '../base/arrays.js';
import { checkArgument, HmsaError, isObject, isRecord, shown } from '../base/errors/index.js';
import type { Pixels } from '../base/pixels.js';
import { RunQueue } from '../base/tasks.js';
import type { ClassMap, Size } from '../data/index.js';
import {
  checkOptions as checkSessionOptions,
  type NamedArrays,
  type Session,
  type SessionOptions,
} from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import { type Combination, checkedScales, leastSide } from '../model/index.js';
import { type AdaptiveChoice, AdaptiveStudy, adaptiveChoice, coarseToFineResults } from './adaptive/index.js';
import { checkImage, checkOptions, checkSmallest } from './check.js';
import { type Computed, computedOn, type Precision, precisions } from './compile-model.js';
import { averaged, mirrored } from './flip.js';
import { checkFinite, inferenceGraph, outputNames, type Way, waysGraph } from './inference-graph.js';
import { type LabelSink, RowJoiner } from './label-rows.js';
import { checkMemory, checkWork, fitsMemory, isModest } from './memory.js';
import type { PlannedTiles } from './plan-tiles.js';
import { enlargedTo, resized, seenSize } from './reduction.js';
import { runTiled, type TiledOptions, WholeResults } from './run-tiled.js';
import type { Segmentation, SegmentOptions } from './segmentation.js';
import { SessionCache } from './session-cache.js';
import { SplitNetwork } from './split-network.js';
import { pixelSource, reducedSource, type TileSource } from './tile-source.js';

/** Options of a {@link Segmenter}. */
export interface SegmenterOptions extends SessionOptions {
  /**
   * Bytes of memory that one image may take. An image that would take more is labelled in tiles; it is refused if not even
   * small tiles fit. Default: no limit.
   */
  readonly memoryLimit?: number;
  /**
   * In what numbers convolutions are computed; default float32. `float16` needs a GPU with 16-bit arithmetic (WebGPU's
   * `shader-f16`) and keeps about three digits.
   */
  readonly precision?: Precision;
}

/** @throws HmsaError that names the option */
export function checkSegmenterOptions(options: SegmenterOptions): void {
  checkSessionOptions(options);
  const { memoryLimit, precision = 'float32', device } = options;
  checkArgument(precisions.includes(precision), 'precision', precisions.join(' or '), precision);
  if (precision === 'float16' && device !== 'webgpu' && device !== 'cuda') {
    throw new HmsaError({
      operation: 'precision',
      expected: 'float16 on a GPU, device webgpu or cuda',
      received: `device ${device ?? 'cpu'}`,
      remedy: 'Leave it out: the CPU computes in float32, or in 8 bits what hmsa quantize has quantised.',
    });
  }
  if (memoryLimit === undefined || (typeof memoryLimit === 'number' && memoryLimit > 0)) return;
  throw new HmsaError({
    operation: 'memoryLimit',
    expected: 'a number of bytes above 0',
    received: shown(memoryLimit),
  });
}

/** What {@link Segmenter.segmentRows} takes. */
export interface RowOptions
  extends Pick<SegmentOptions, 'scales' | 'combine' | 'confidence' | 'maxSide' | 'signal'> {
  /** Awaited with the share of the work that is done, 0 … 1, for an image in tiles. */
  readonly onProgress?: (share: number) => unknown;
  /** Awaited with the tiles of an image that does not fit into the memory whole, before any is computed. */
  readonly onPlan?: (plan: PlannedTiles) => unknown;
}

/** Tiles of more memory than this save hardly anything. */
const MOST_TILE_MEMORY = 6e9;

/** The most graphs that stay open. The least recently used is closed first. */
const OPEN_GRAPHS = 4;
/** The same for graphs of single scales, of which one image takes several. */
const OPEN_PARTS = 8;

/**
 * Labels images with a model. It compiles one graph for each choice of scales and combination. A graph takes images of any
 * size, and stays open in a bounded cache until {@link dispose}.
 */
export class Segmenter {
  readonly model: Model;
  readonly #open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>;
  readonly #options: SessionOptions;
  readonly #memoryLimit: number;
  readonly #precision: Precision;
  #computed: Promise<Computed> | undefined;
  readonly #sessions = new SessionCache(OPEN_GRAPHS);
  readonly #parts = new SessionCache(OPEN_PARTS);
  #split: { readonly key: string; readonly network: Promise<SplitNetwork> } | undefined;
  readonly #tiles = new RunQueue();

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
    this.#open = open;
    this.#options = sessionOptions;
    this.#memoryLimit = memoryLimit;
    this.#precision = precision;
  }

  /** Bytes of memory that one image may take. */
  get memoryLimit(): number {
    return this.#memoryLimit;
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
    const choice = this.#choice(options);
    if (choice.adaptive === undefined) await this.#with(choice, async () => {});
    else await this.#splitNetwork(choice);
    return { scales: choice.scales };
  }

  /**
   * Labels every pixel of an image. An image larger than the training photographs is reduced for the network (see
   * {@link SegmentOptions.maxSide}); its pixels then take labels and attention of the nearest pixel of the reduced image.
   *
   * @param onProgress awaited with the share of the work that is done, 0 … 1, for an image in tiles
   * @throws HmsaError when the image is not valid or too small, or not even tiles of it fit into the memory; when the scales do
   *   not fit the combination or the model; or when the network's output is not finite
   */
  async segment(
    image: Pixels,
    options: SegmentOptions = {},
    onProgress?: (share: number) => unknown,
  ): Promise<Segmentation> {
    const choice = this.#choice(options);
    checkImage(image);
    const { config, imageSize } = this.model;
    const least = leastSide(config, choice.scales);
    const seen = seenSize(image, imageSize, options.maxSide, least);
    checkSmallest(image, seen, least, choice.scales);
    if (options.flip && !this.#fits(seen, choice)) refuseTiles('flip', seen);
    if (choice.adaptive && !this.#fits(seen, choice)) refuseTiles('adaptive', seen);
    const input = resized(image, seen);
    const result = options.flip
      ? await this.#runFlipped(input, choice, options.signal)
      : await this.#run(input, choice, options.signal, onProgress);
    return enlargedTo(image, result);
  }

  /** The result for the average of the image's logits and its mirror image's. */
  async #runFlipped(image: Pixels, choice: Choice, signal?: AbortSignal): Promise<Segmentation> {
    const own = await this.#run(image, { ...choice, logits: true, confidence: false }, signal);
    const { scales, combine } = choice;
    const plain = {
      scales,
      combine,
      details: false,
      attention: false,
      confidence: false,
      logits: true,
      ...(choice.adaptive && { adaptive: choice.adaptive }),
    };
    const other = await this.#run(mirrored(image), plain, signal);
    const { labels, confidence, logits } = averaged(own, other, {
      isProbability: choice.combine === 'max',
      withConfidence: choice.confidence,
    });
    const { logits: _, ...rest } = own;
    return { ...rest, labels, ...(choice.confidence && { confidence }), ...(choice.logits && { logits }) };
  }

  async #run(
    { width, height, data }: Pixels,
    choice: Choice,
    signal?: AbortSignal,
    onProgress?: (share: number) => unknown,
  ): Promise<Segmentation> {
    const { scales, details, confidence, attention, logits } = choice;
    const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } satisfies Record<
      string,
      NdArray
    >;
    const run = (session: Session) => session.run(feeds, signal === undefined ? {} : { signal });
    const image = { width, height, data };
    const fits = this.#fits(image, choice);
    const sparse =
      choice.adaptive !== undefined && choice.adaptive.threshold > 0
        ? await this.#coarseToFine(image, choice, choice.adaptive, signal)
        : undefined;
    const results =
      sparse?.results ??
      (fits
        ? await this.#with(choice, async (session) => checkFinite(await run(session)))
        : await this.#tiled(image, choice, signal, onProgress));
    const bytes = (name: string) => results[name]!.data as Uint8Array;
    const labels = bytes(outputNames.labels);
    const floats = (name: string) => results[name]?.data as Float32Array | undefined;
    const weights = scales.map((scale) => [scale, floats(outputNames.attention(scale))] as const);
    return {
      width,
      height,
      labels,
      seen: { width, height },
      ...(choice.adaptive && { work: sparse?.work ?? 1 }),
      ...(confidence && { confidence: floats(outputNames.confidence)! }),
      ...(attention && {
        attention: new Map(weights.flatMap(([scale, own]) => (own ? [[scale, own]] : []))),
      }),
      ...(logits && { logits: floats(outputNames.logits)! }),
      ...(details && {
        scales: weights.map(([scale, own]) => ({
          scale,
          labels: bytes(outputNames.labelsAt(scale)),
          ...(own && { attention: own }),
        })),
      }),
    };
  }

  /**
   * Labels an image in several ways at once. Each scale is computed once, so this costs little more than the way with the most
   * scales.
   *
   * @returns the labels of each way, in their order, at the size of the image
   * @throws HmsaError as {@link segment} does
   */
  async segmentWays(
    image: Pixels,
    ways: readonly Way[],
    options: Pick<SegmentOptions, 'maxSide' | 'signal'> = {},
  ): Promise<Uint8Array[]> {
    const choices = ways.map((way) => this.#choice({ ...way }));
    checkImage(image);
    const { config, imageSize } = this.model;
    const scales = [...new Set(choices.flatMap((choice) => choice.scales))].sort((a, b) => b - a);
    const least = leastSide(config, scales);
    const seen = seenSize(image, imageSize, options.maxSide, least);
    checkSmallest(image, seen, least, scales);
    checkMemory(config, seen, { scales, combine: 'average' }, this.#memoryLimit);
    checkWork(seen, config.classes, Math.max(...scales));
    const { data, width, height } = resized(image, seen);
    const feeds = { image: { dtype: 'uint8', shape: [1, height, width, 3], data } } as const;
    const { signal } = options;
    const results = await this.#sessions.use(
      JSON.stringify(choices),
      async () => this.#open(waysGraph(config, await this.#network(), choices), this.#options),
      (session) => session.run(feeds, signal === undefined ? {} : { signal }),
    );
    checkFinite(results);
    return choices.map((_, i) => {
      const labels = results[outputNames.labelsOfWay(i)]!.data as Uint8Array;
      return enlargedTo(image, { labels, width, height, seen: { width, height } }).labels;
    });
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
    const { onProgress, onPlan, ...rest } = options;
    const choice = this.#choice(rest);
    const { config, imageSize } = this.model;
    const least = leastSide(config, choice.scales);
    const seen = seenSize(source, imageSize, options.maxSide, least);
    checkSmallest(source, seen, least, choice.scales);
    const reduced = reducedSource(source, seen);
    const rows = new RowJoiner(source, seen, sink);
    if (this.#fits(seen, choice)) {
      const whole = { x: 0, y: 0, ...seen };
      const image = await reduced.read(whole);
      const { labels, confidence } = await this.#run(image, choice, options.signal);
      await rows.add(whole, {
        labels: uint8(labels, [1, seen.height, seen.width]),
        ...(confidence && { confidence: float32(confidence, [1, seen.height, seen.width]) }),
      });
    } else {
      await this.#runTiled(reduced, {
        choice,
        onRegion: (region, results) => rows.add(region, results),
        ...(onProgress && { onProgress }),
        ...(onPlan && { onPlan }),
        ...(options.signal && { signal: options.signal }),
      });
    }
    return { seen };
  }

  /** Closes all graphs. A second call does nothing. Segmenting afterwards throws HmsaError. */
  async dispose(): Promise<void> {
    await Promise.all([this.#sessions.dispose(), this.#parts.dispose()]);
  }

  /**
   * What measures where the higher scales of this model can be left out; see `hmsa calibrate`.
   *
   * @throws HmsaError when the scales do not fit, are fewer than two, or the network cannot be computed in parts
   */
  async adaptiveStudy(options: Pick<SegmentOptions, 'scales' | 'combine'> = {}): Promise<AdaptiveStudy> {
    const choice = this.#choice({ ...options, adaptive: false });
    const { scales, combine } = choice;
    if (scales.length < 2 || combine === 'single') {
      throw new HmsaError({
        operation: 'adaptive',
        expected: 'two scales or more, of which the higher ones can be left out',
        received: `scale ${scales.join(', ')}`,
        remedy: 'Give the scales to combine (--scales 0.5,1,2).',
      });
    }
    const network = await this.#splitNetwork(choice);
    return new AdaptiveStudy(network, this.model.config, { scales, combine });
  }

  async #coarseToFine(image: Pixels, choice: Choice, adaptive: AdaptiveChoice, signal?: AbortSignal) {
    const network = await this.#splitNetwork(choice);
    return coarseToFineResults(network, image, adaptive, signal);
  }

  /** The graphs of the scales and their combination, of the choice that was made last. */
  #splitNetwork({ adaptive: _, attention, ...choice }: Choice): Promise<SplitNetwork> {
    const wanted = { ...choice, details: choice.details || attention };
    const key = JSON.stringify(Object.entries(wanted).sort());
    if (this.#split?.key === key) return this.#split.network;
    const made = this.#network().then((computed) => {
      const open = (graph: Uint8Array) => this.#open(graph, this.#options);
      return new SplitNetwork(this.model.config, computed, wanted, (name, compile, task) =>
        this.#parts.use(`${name} ${key}`, async () => open(compile()), task),
      );
    });
    this.#split = { key, network: made };
    return made;
  }

  #network(): Promise<Computed> {
    this.#computed ??= computedOn(
      { ...this.model, precision: this.#precision },
      this.#open,
      this.#options,
    ).catch((error: unknown) => {
      this.#computed = undefined;
      throw error;
    });
    return this.#computed;
  }

  /** Whether an image is computed whole; else it is in tiles. */
  #fits(seen: Size, { scales, combine }: Choice): boolean {
    const { config } = this.model;
    return (
      isModest(seen, config.classes, Math.max(...scales)) &&
      fitsMemory(config, seen, { scales, combine }, this.#memoryLimit)
    );
  }

  async #tiled(
    image: Pixels,
    choice: Choice,
    signal?: AbortSignal,
    onProgress?: (share: number) => unknown,
  ): Promise<NamedArrays> {
    const whole = new WholeResults(image);
    // The image and a result, and their copies.
    const held = 2 * image.width * image.height * 4;
    await this.#runTiled(pixelSource(image), {
      choice,
      held,
      onRegion: whole.add,
      ...(onProgress && { onProgress }),
      ...(signal === undefined ? {} : { signal }),
    });
    return whole.results;
  }

  async #runTiled(source: TileSource, options: Omit<TiledOptions, 'memory'>): Promise<void> {
    const memory = Math.min(this.#memoryLimit, MOST_TILE_MEMORY);
    // Several graphs run in turn, so none keeps its memory between runs.
    const open = (graph: Uint8Array) => this.#open(graph, { ...this.#options, keepMemory: false });
    const computed = await this.#network();
    // Each takes all of the memory.
    const run = () => runTiled(this.model.config, computed, open, source, { ...options, memory });
    await this.#tiles.add(run, options.signal);
  }

  #choice(options: SegmentOptions): Choice {
    checkOptions(options);
    const { combine = 'hierarchical', details = false, confidence = false, scales } = options;
    const { attention = false, logits = false } = options;
    const { config } = this.model;
    const checked = checkedScales(config, { scales: scales ?? config.scales, combine });
    const choice = { combine, details, confidence, attention, logits, scales: checked };
    const { adaptive = false } = options;
    return adaptive === false
      ? choice
      : { ...choice, adaptive: adaptiveChoice(this.model, checked, combine, adaptive) };
  }

  #with<T>(choice: Choice, task: (session: Session) => Promise<T>): Promise<T> {
    const { config } = this.model;
    const { adaptive: _, ...plain } = choice;
    const wanted = { ...plain, attention: choice.attention || choice.details };
    const open = async () => {
      const { weights, ...rest } = await this.#network();
      return this.#open(inferenceGraph(config, weights, { ...wanted, ...rest, check: true }), this.#options);
    };
    return this.#sessions.use(JSON.stringify(Object.entries(wanted).sort()), open, task);
  }
}

/** @throws HmsaError when the value is not a segmenter */
export function checkSegmenter(value: unknown, operation: string): asserts value is Segmenter {
  const isSegmenter = isRecord(value) && typeof value.prepare === 'function' && isObject(value.model);
  checkArgument(isSegmenter, operation, 'a model for use, as loadModel gives it', value);
}

/** @throws HmsaError always */
function refuseTiles(way: 'flip' | 'adaptive', { width, height }: Size): never {
  const what = { flip: 'the mirror image (--flip)', adaptive: 'adaptive (--adaptive)' }[way];
  throw new HmsaError({
    operation: way,
    expected: 'an image that fits into the memory as a whole',
    received: `${width}×${height} pixels, which are labelled in tiles`,
    remedy: `Leave out ${what}, give more memory (--memory), or reduce the image (--max-side).`,
  });
}

/** The choices that determine a graph. */
interface Choice {
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly details: boolean;
  readonly confidence: boolean;
  readonly attention: boolean;
  readonly logits: boolean;
  readonly adaptive?: AdaptiveChoice;
}
