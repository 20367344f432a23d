import { extname } from 'node:path';
import sharp from 'sharp';
import { checkArgument, checkText, HmsaError, isObject, shown, suggest } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import { checkNamed, flag } from '../../base/schema/index.js';
import type { ClassMap, Size } from '../../data/index.js';
import type { ScaleSegmentation, Segmentation } from '../../prediction/index.js';
import { type ClassShare, classShares, colorize, outline, overlay } from '../../report/pictures/index.js';
import {
  type PolygonOptions,
  type Polygons,
  polygons,
  type RunLengths,
  runLengths,
} from '../../report/shapes/index.js';
import {
  contentOf,
  type Labelled,
  type PictureKind,
  pictureKinds,
  pictureOf,
  type SingleKind,
  shownClasses,
} from './outputs.js';
import { PictureFiles } from './picture-files.js';
import { checkShapeMemory } from './shape-memory.js';

export interface SaveOptions extends PolygonOptions {
  /** What to write; default `labels`. `tolerance` and `leastPixels` are for `polygons`. */
  readonly as?: SingleKind;
  /**
   * Show classes in colours that colour-blind people tell apart, in place of their own; for pictures in colours and the palette of
   * `labels`. Default: false.
   */
  readonly safeColors?: boolean;
}

const manyFiles: readonly PictureKind[] = ['attention', 'scales', 'figure'];
const singleKinds = pictureKinds.filter((kind) => !manyFiles.includes(kind));
const coloredKinds = ['color', 'overlay', 'outline', 'legend'] as const;

/** For a kind that `save` does not write. */
function remedyFor(as: unknown): { readonly remedy?: string } {
  if (typeof as !== 'string') return {};
  const isMany = (manyFiles as readonly string[]).includes(as);
  return { remedy: isMany ? 'It is several files; segmentFiles writes them.' : suggest(as, singleKinds) };
}

/** The labels of an image, with what can be made of them. */
export class SegmentedImage implements Segmentation {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array;
  readonly seen: Size;
  readonly confidence?: Float32Array;
  readonly attention?: ReadonlyMap<number, Float32Array>;
  readonly logits?: Float32Array;
  readonly work?: number;
  readonly scales?: readonly ScaleSegmentation[];
  /** What was taken of the image where that is not plain, such as that its transparent parts are laid over white. */
  readonly notes: readonly string[];
  readonly #labelled: Labelled;

  /** @internal `segment` of a loaded model makes it. */
  constructor(labelled: Labelled, notes: readonly string[]) {
    const { found } = labelled;
    this.#labelled = labelled;
    this.width = found.width;
    this.height = found.height;
    this.labels = found.labels;
    this.seen = found.seen;
    if (found.confidence !== undefined) this.confidence = found.confidence;
    if (found.attention !== undefined) this.attention = found.attention;
    if (found.logits !== undefined) this.logits = found.logits;
    if (found.work !== undefined) this.work = found.work;
    if (found.scales !== undefined) this.scales = found.scales;
    this.notes = notes;
  }

  /** The classes of the labels. */
  get classes(): ClassMap {
    return this.#labelled.classes;
  }

  /** The image that was labelled, RGB, as it was read. */
  get image(): Pixels {
    return this.#labelled.image;
  }

  /** The pixels of each class that occurs, the largest first. */
  shares(): ClassShare[] {
    return classShares(this.labels, this.classes);
  }

  /** The labels in the colours of their classes, RGB. */
  color(): Pixels {
    return colorize(this.labels, this.width, this.height, this.classes);
  }

  /** The colours over the image, RGB, with an opacity of 0 … 1. */
  overlay(opacity = 0.5): Pixels {
    return overlay(this.image, this.color(), opacity);
  }

  /** The borders between classes on the image, RGB; see `outline`. */
  outline(line?: number): Pixels {
    return outline(this.image, this.labels, this.classes, line);
  }

  /** The regions as polygons in pixels, y downwards; see `polygons`. @throws HmsaError when they would take too much memory */
  polygons(options: PolygonOptions = {}): Polygons {
    const { source, memory } = this.#labelled;
    checkShapeMemory('polygons', this.labels, this.width, this.height, source || 'image', memory);
    return polygons(this.labels, this.width, this.height, this.classes, options);
  }

  /** The classes as COCO's run lengths; see `runLengths`. */
  runLengths(options: { readonly compressed?: boolean } = {}): RunLengths[] {
    return runLengths(this.labels, this.width, this.height, this.classes.names.length, options);
  }

  /**
   * The bytes of a file: PNG, or JSON for `polygons` and `rle`.
   *
   * @throws HmsaError for an unknown kind, and for `confidence` if it was not asked for
   */
  async encode(options: SaveOptions = {}): Promise<Uint8Array> {
    checkArgument(isObject(options), 'save', 'an object of options', options);
    const { as = 'labels', safeColors, ...more } = options;
    if (!(singleKinds as readonly string[]).includes(as)) {
      throw new HmsaError({
        operation: 'save, as',
        expected: `one of ${singleKinds.join(', ')}`,
        received: shown(as),
        ...remedyFor(as),
      });
    }
    const content = await contentOf(this.#shown(safeColors), as, more);
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }

  /**
   * Writes a file: PNG, or JSON for `polygons` and `rle`. Pictures in colours may also be `.jpg` or `.webp`. A file of that name
   * is replaced, unless it is the image that was labelled.
   *
   * @throws HmsaError as {@link encode} does, for an ending of another format, and when the file cannot be written
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    checkText(path, 'save', 'the path of a file');
    checkArgument(isObject(options), 'save', 'an object of options', options);
    const { as = 'labels', safeColors } = options;
    const ending = extname(path).toLowerCase();
    const isJson = as === 'polygons' || as === 'rle';
    const colored = coloredKinds.find((kind) => kind === as);
    const endings = isJson ? ['.json', '.geojson'] : ['.png', ...(colored ? ['.jpg', '.jpeg', '.webp'] : [])];
    if ((singleKinds as readonly string[]).includes(as) && !endings.includes(ending)) {
      throw new HmsaError({
        operation: path,
        expected: `a name with the ending ${endings.join(' or ')} for ${as}`,
        received: ending === '' ? 'none' : ending,
        ...(colored || isJson ? {} : { remedy: 'Other formats would change the values.' }),
      });
    }
    const { source } = this.#labelled;
    const files = await PictureFiles.open(source === '' ? [] : [source], { overwrite: true });
    await files.check(path);
    if (colored === undefined || ending === '.png') return files.write(path, await this.encode(options));
    const { data, width, height } = await pictureOf(this.#shown(safeColors), colored);
    const picture = sharp(data, { raw: { width, height, channels: 3 } });
    await files.write(
      path,
      await (ending === '.webp' ? picture.webp({ quality: 90 }) : picture.jpeg({ quality: 90 })).toBuffer(),
    );
  }

  /** @throws HmsaError when `safeColors` is neither true nor false */
  #shown(safeColors: unknown): Labelled {
    checkNamed({ safeColors: flag }, { safeColors }, 'save');
    return { ...this.#labelled, classes: shownClasses(this.classes, safeColors === true) };
  }
}
