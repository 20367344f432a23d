import { z } from 'zod';
import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import { mapInOrder } from '../../base/map-in-order.js';
import type { Pixels } from '../../base/pixels.js';
import { checkNamed, signal } from '../../base/schema/index.js';
import {
  type ImageOptions,
  type Segmentation,
  Segmenter,
  type SegmenterOptions,
  type SegmentOptions,
} from '../../prediction/index.js';
import { localPath } from '../files/index.js';
import { type ImageInput, readImage } from '../images/index.js';
import { type BatchPlace, batchSize, ImageBatch, inPieces } from './image-batch.js';
import { SegmentedImage } from './segmented-image.js';

/** The parts of a result that are there because they were asked for. */
type Wanted = 'confidence' | 'attention' | 'logits';
type Asked<Options> = {
  readonly [K in Wanted as Options extends { readonly [key in K]: true } ? K : never]-?: NonNullable<
    Segmentation[K]
  >;
} & (Options extends { readonly details: true }
  ? { readonly scales: NonNullable<Segmentation['scales']> }
  : unknown);

export interface SegmentManyOptions extends SegmentOptions {
  /** How many images are read, computed or waiting to be taken at once, 1 … 64; default 2. */
  readonly concurrency?: number;
  /** How many images are computed at once if the network sees them at one size, 1 … 64; default 1. `concurrency` then counts batches. */
  readonly batch?: number;
}

/** What became of one of many images. */
export type EachSegmented<Input, Result = SegmentedImage> = {
  readonly input: Input;
  readonly index: number;
} & (
  | { readonly result: Result; readonly error?: undefined }
  | { readonly result?: undefined; readonly error: HmsaError }
);

/**
 * A {@link Segmenter} that also reads images in every form. Calls may overlap: they are computed one after the other, in the
 * order in which their images were read.
 */
export class LoadedModel extends Segmenter {
  protected override readonly modelFlag: string;

  /** @param modelFlag how a command names this model, such as ` --model street.safetensors`; empty for that of the package */
  constructor(
    model: ConstructorParameters<typeof Segmenter>[0],
    open: ConstructorParameters<typeof Segmenter>[1],
    options: SegmenterOptions = {},
    modelFlag = ' --model FILE',
  ) {
    super(model, open, options);
    this.modelFlag = modelFlag;
  }

  /**
   * Labels every pixel of an image: a file by its path, its `file:` URL, its bytes or as a `Blob`, a sharp pipeline, or pixels
   * of 1 to 4 channels and 8 or 16 bits.
   *
   * ```ts
   * const result = await model.segment('street.jpg', { confidence: true });
   * await result.save('street.png', { as: 'overlay' });
   * ```
   *
   * @throws HmsaError as `decodeImage` and {@link Segmenter.segment} do
   */
  override async segment<const Options extends ImageOptions = ImageOptions>(
    input: Pixels | ImageInput,
    options?: Options,
  ): Promise<SegmentedImage & Asked<Options>> {
    return this.during(({ segment }) => this.#labelled(input, options, (image) => segment(image, options)));
  }

  async #labelled<Options extends SegmentOptions>(
    input: Pixels | ImageInput,
    options: Options | undefined,
    segment: (image: Pixels) => Promise<Segmentation>,
  ): Promise<SegmentedImage & Asked<Options>> {
    const { image, notes } = await readImage(input);
    const found = await segment(image);
    const scales = [...(options?.scales ?? this.model.config.scales)].sort((a, b) => b - a);
    const { classes, memoryLimit: memory } = this;
    const labelled = { image, found, classes, scales, source: pathOf(input), memory };
    return new SegmentedImage(labelled, notes) as SegmentedImage & Asked<Options>;
  }

  /**
   * Labels many images, and gives what became of each, in their order. Images are read and results used while another one is
   * computed. An image that cannot be read or labelled gives its error, and the others go on. Images may also come one after
   * the other, from an async iterable; no more are taken than `concurrency` says.
   *
   * ```ts
   * for await (const { input, result, error } of model.segmentMany(files)) {
   *   if (error) console.error(error.message);
   *   else await result.save(`${input}.png`);
   * }
   * ```
   *
   * @throws HmsaError for wrong options, and at the first image that is begun after {@link dispose}; the reason of an abort
   */
  async *segmentMany<
    Input extends Pixels | ImageInput,
    const Options extends SegmentManyOptions = SegmentManyOptions,
  >(
    inputs: Iterable<Input> | AsyncIterable<Input>,
    options?: Options,
  ): AsyncGenerator<EachSegmented<Input, SegmentedImage & Asked<Options>>, void, undefined> {
    const isMany = isObject(inputs) && (Symbol.iterator in inputs || Symbol.asyncIterator in inputs);
    const isList = (isMany || Array.isArray(inputs)) && !(inputs instanceof Uint8Array);
    checkArgument(isList, 'segmentMany', 'a list of images, or what gives one after the other', inputs);
    const many = z.number().int().min(1).max(64).optional();
    checkNamed({ concurrency: many, batch: batchSize, signal }, options ?? {}, 'segmentMany');
    const { concurrency = 2, batch: size = 1, ...each } = options ?? ({} as SegmentManyOptions);
    // Wrong options are told once, not for every image.
    const { signal: abort, ...choice } = each;
    await this.prepare(choice);
    const call = async (input: Input, place: BatchPlace) => {
      try {
        const result = await this.#labelled(input, each, (image) => place.segment(image));
        return { input, result: result as SegmentedImage & Asked<Options> };
      } catch (error) {
        if (error instanceof HmsaError) return { input, error };
        throw error;
      }
    };
    const callPiece = (piece: readonly Input[]) =>
      this.during(async (within) => {
        const alone = { segment: (image: Pixels) => within.segment(image, each) };
        if (piece.length === 1) return [await call(piece[0]!, alone)];
        const batch = new ImageBatch(within, piece.length, each);
        return Promise.all(piece.map((input) => batch.join((place) => call(input, place))));
      });
    let index = 0;
    for await (const { value } of mapInOrder(inPieces(inputs, size), concurrency, callPiece, abort))
      for (const result of value) yield { ...result, index: index++ };
  }

  /** {@link dispose}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** The path of an image that is a file, and the empty text for others. */
function pathOf(input: unknown): string {
  return typeof input === 'string' || input instanceof URL ? localPath(String(input)) : '';
}
