import type { Metadata } from 'sharp';
import sharp from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import { checkPixels, type Pixels } from '../../base/pixels.js';
import { rgbOf } from '../../base/raw-pixels.js';
import type { Size } from '../../data/index.js';
import { type Levels, levelsOf, rangeOf, usualRange, type ValueRange } from './levels.js';
import {
  checkPixelCount,
  chooseRegion,
  type DecodeOptions,
  type FileOrBytes,
  fileOrBytes,
  type ImageSource,
  nameOf,
  openImage,
} from './source.js';

/**
 * Decodes a PNG, JPEG, WebP, TIFF, AVIF or GIF file (recognised by its content, not its name) to an 8-bit sRGB image.
 *
 * EXIF orientation is applied, so width and height are those that a viewer shows. Grey, 16-bit and CMYK images are
 * converted, colours by the profile of the file. What is transparent is laid over white, as on a page. The first of several
 * pages or frames is used. With `region`, the result is a rectangle of that image.
 *
 * @throws HmsaError that names the file: missing, empty, of another format, of floating-point numbers, with bands that
 *   are neither grey nor RGB nor CMYK, of 16 bits that use 12 or fewer, damaged or incomplete, or above the pixel limit
 */
export async function decodeImage(of: ImageSource, options: DecodeOptions = {}): Promise<Pixels> {
  const source = fileOrBytes(of);
  return (await decoded(source, nameOf(source, options), options)).image;
}

/** A picture, and what was taken of its file where that is not plain. */
export interface Photo {
  readonly image: Pixels;
  readonly notes: readonly string[];
}

/** {@link decodeImage}, with notes. @throws HmsaError as it does */
export async function decodePhoto(of: ImageSource, options: DecodeOptions = {}): Promise<Photo> {
  const source = fileOrBytes(of);
  const { image, levels, transparent, metadata } = await decoded(source, nameOf(source, options), options);
  return {
    image,
    notes: photoNotes({ levels, transparent }, metadata),
  };
}

/** The values of a picture in 8 bits, laid over white, and how many of its pixels were not opaque. */
export interface PhotoValues {
  readonly levels: Levels;
  readonly transparent: number;
}

/** What is to be said of a picture. */
export function photoNotes(
  values: PhotoValues,
  { pages = 1, depth }: Pick<Metadata, 'pages' | 'depth'>,
): string[] {
  const { levels, transparent } = values;
  const share = (CHANNELS * transparent) / levels.reduce((sum, count) => sum + count, 0);
  const flat = flatness(levels);
  const isDark = visibleRange(values).most < DARK;
  return [
    ...(pages > 1 ? [`the first of ${pages} pages or frames is used`] : []),
    ...(transparent > 0 ? [`${percent(share)} of the pixels are not opaque; they are laid over white`] : []),
    ...(flat === undefined ? [] : [`nearly one colour throughout: ${flat}`]),
    ...(depth === 'ushort' && isDark && flat === undefined
      ? ['16 bits of which only the darkest quarter is used']
      : []),
  ];
}

const CHANNELS = 3;

function percent(share: number): string {
  return share < 0.001 ? 'less than 0.1%' : `${(100 * share).toFixed(1)}%`;
}

/** In which range nearly all values are, if it is so small that the picture shows nothing. */
function flatness(levels: Levels): string | undefined {
  const all = rangeOf(levels);
  if (all.most - all.least <= LEAST_RANGE) return `all values in ${all.least} … ${all.most}`;
  const usual = usualRange(levels);
  if (usual.most - usual.least > LEAST_RANGE) return undefined;
  return `all but a few stray values in ${usual.least} … ${usual.most}`;
}

async function decoded(source: FileOrBytes, name: string, options: DecodeOptions) {
  const { image, size, metadata } = await openPhoto(source, name, options);
  const region = options.region && chooseRegion(name, size, options.region);
  const turned = image.autoOrient();
  try {
    const { data, info } = await (region ? turned.extract(region) : turned)
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
    const pixels = rgbOf({ data: bytes, ...sizeOf(info) }, name);
    const values = { levels: levelsOf(pixels.image.data), transparent: pixels.transparent };
    await checkDepth(source, name, metadata, values, region !== undefined);
    return { ...values, image: pixels.image, metadata };
  } catch (cause) {
    throw cause instanceof HmsaError ? cause : damaged(name, cause);
  }
}

/**
 * The width and height that {@link decodeImage} would give, from the header of the file.
 *
 * @throws HmsaError as {@link decodeImage} does, except for faults that only the pixels show
 */
export async function imageSize(of: ImageSource, options: DecodeOptions = {}): Promise<Size> {
  const source = fileOrBytes(of);
  return (await openPhoto(source, nameOf(source, options), options)).size;
}

/** The header of a photograph. @throws HmsaError as {@link imageSize} does */
async function photoHeader(of: ImageSource, options: DecodeOptions = {}): Promise<Metadata> {
  const source = fileOrBytes(of);
  return (await openPhoto(source, nameOf(source, options), options)).metadata;
}

/** The largest stored value of the image, without alpha. */
async function brightestOf(source: FileOrBytes): Promise<number> {
  const image = sharp(source, { limitInputPixels: false });
  const { hasAlpha } = await image.metadata();
  const { channels } = await image.stats();
  return Math.max(...(hasAlpha ? channels.slice(0, -1) : channels).map(({ max }) => max));
}

/** Opens an image and checks its header, without decoding pixels. @throws HmsaError as {@link imageSize} does */
export async function openPhoto(source: FileOrBytes, name: string, options: DecodeOptions) {
  const { image, metadata } = await openImage(source, name);
  checkPixelCount(name, metadata.width, metadata.height, options.pixelLimit);
  checkPhotoForm(metadata, name);
  return { image, metadata, size: sizeOf(metadata.autoOrient) };
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}

/** The error for a file that libvips could not decode completely. */
export function damaged(name: string, cause: unknown): HmsaError {
  const lines = (cause instanceof Error ? cause.message : String(cause))
    .split('\n')
    .map((line) => line.trim());
  // libvips has lines without a reason, too.
  const reason = lines.filter((line) => line !== '' && !/^unknown error$/i.test(line)).at(-1);
  return new HmsaError({
    operation: name,
    expected: 'a complete image',
    received: `an incomplete or damaged one${reason === undefined ? '' : ` (${reason})`}`,
    remedy: 'Copy or download it again.',
    cause,
  });
}

/**
 * Checks the header of a photograph: whole numbers of 8 or 16 bits, in bands that are grey, RGB or CMYK. Decoders clip
 * floating-point values and drop other bands silently, and the result looks like an image.
 *
 * @throws HmsaError that says what to convert
 */
function checkPhotoForm({ depth, channels, hasAlpha, space }: Metadata, name: string): void {
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new HmsaError({
      operation: name,
      expected: 'a photograph of 8 or 16 bits',
      received: `values of type ${depth}, whose range is not known`,
      remedy: 'Scale its values to 0 … 255 and save it with 8 bits.',
    });
  }
  const bands = channels - (hasAlpha ? 1 : 0);
  if (bands === 1 || bands === 3 || (bands === 4 && space === 'cmyk')) return;
  throw new HmsaError({
    operation: name,
    expected: 'a photograph of one band (grey) or three (RGB)',
    received: `${channels} bands`,
    remedy: 'Save its red, green and blue band as an RGB image.',
  });
}

/** If the values of a 16-bit photograph need no more bits than this, the photograph is black in 8 bits. */
const DARK_BITS = 12;
/** The brightest value in 8 bits of such an image. */
const DARKEST_RANGE = 2 ** (DARK_BITS - 8) - 1;

/** The range of nearly all values, without those of pixels that are clear, which are white. */
function visibleRange({ levels, transparent }: PhotoValues): ValueRange {
  return usualRange(levels, Math.min(CHANNELS * transparent, levels[255]!));
}

/** Whether what can be seen of a photograph is black but for a few stray values, such as hot pixels. */
function isBlack(values: PhotoValues): boolean {
  const hasOther = values.levels.some((count, level) => count > 0 && level < 255);
  return hasOther && visibleRange(values).most <= DARKEST_RANGE;
}

/**
 * Checks the values of a photograph, or of a part of one. A part may well be dark, so the whole counts.
 *
 * @throws HmsaError for an image of 16 bits that uses 12 or fewer, because it would be black in 8 bits
 */
export async function checkDepth(
  source: FileOrBytes,
  name: string,
  { depth }: Pick<Metadata, 'depth'>,
  values: PhotoValues,
  isPart = false,
): Promise<void> {
  if (depth !== 'ushort' || !isBlack(values)) return;
  const whole = isPart ? await valuesOf(source, name) : values;
  checkBrightest(whole, await brightestOf(source), name);
}

async function valuesOf(source: FileOrBytes, name: string): Promise<PhotoValues> {
  const pipeline = sharp(source, { limitInputPixels: false }).toColourspace('srgb').raw({ depth: 'uchar' });
  const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  const { image, transparent } = rgbOf({ data: bytes, ...sizeOf(info) }, name);
  return { levels: levelsOf(image.data), transparent };
}

/**
 * @param brightest the largest of the values of 16 bits
 * @throws HmsaError as {@link checkDepth} does
 */
export function checkBrightest(values: PhotoValues, brightest: number, name: string): void {
  if (brightest === 0 || !isBlack(values)) return;
  const { most } = visibleRange(values);
  const isAll = brightest < 2 ** DARK_BITS;
  const top = isAll ? brightest : 2 ** 8 * (most + 1) - 1;
  const bits = Math.max(8, Math.ceil(Math.log2(top + 1)));
  throw new HmsaError({
    operation: name,
    expected: 'an image of 16 bits that uses their range',
    received:
      (isAll ? `a brightest value of ${top} of 65535` : `at most ${top} of 65535 in all but a few pixels`) +
      `, which is black, as from a camera with ${bits} bits`,
    remedy: `Stretch its values to the whole range first (times ${2 ** (16 - bits)}), or save it with 8 bits.`,
  });
}

/** A reason why a readable photograph may not show what it should. */
export interface PhotoDoubt {
  /**
   * - `constant`: nearly one colour throughout;
   * - `dark`: black or nearly so: below a quarter of the range in 16 bits, or a sixteenth in 8;
   * - `turned`: stored with an EXIF orientation that keeps its size, so that a mask drawn on the stored pixels has the
   *   right size but the wrong orientation.
   */
  readonly kind: 'constant' | 'dark' | 'turned';
  /** The finding, such as `brightest value 16320 of 65535`. */
  readonly detail: string;
}

/** A photograph whose values differ by no more than this shows nothing. */
const LEAST_RANGE = 8;
/** A photograph of 16 bits that stays below this, of 256, is dark. */
const DARK = 64;
/** A photograph of 8 bits that stays below this, of 256, looks black. It may be a mask. */
const DARK_8_BITS = 16;

/**
 * Doubts about a photograph that {@link decodeImage} accepts, from its pixels and its header.
 *
 * @param image the decoded photograph
 * @throws HmsaError when its header cannot be read
 */
export async function photoDoubts(
  source: ImageSource,
  image: Pixels,
  options: DecodeOptions = {},
): Promise<PhotoDoubt[]> {
  checkPixels(image, 'photoDoubts');
  const { depth, orientation = 1, width, height } = await photoHeader(source, options);
  const doubts: PhotoDoubt[] = [];
  const levels = levelsOf(image.data);
  const flat = flatness(levels);
  if (flat !== undefined) doubts.push({ kind: 'constant', detail: flat });
  else if (usualRange(levels).most < (depth === 'ushort' ? DARK : DARK_8_BITS)) {
    const brightest =
      depth === 'ushort'
        ? `${await brightestOf(fileOrBytes(source))} of 65535`
        : `${rangeOf(levels).most} of 255`;
    doubts.push({ kind: 'dark', detail: `brightest value ${brightest}` });
  }
  if (orientation > 1 && (orientation < 5 || width === height)) {
    doubts.push({ kind: 'turned', detail: `EXIF orientation ${orientation}` });
  }
  return doubts;
}
