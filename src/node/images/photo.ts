import type { Metadata } from 'sharp';
import sharp from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import { checkPixels, type Pixels } from '../../base/pixels.js';
import { rgbOf } from '../../base/raw-pixels.js';
import type { Size } from '../../data/index.js';
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
  const { image, transparent, metadata } = await decoded(source, nameOf(source, options), options);
  const { pages = 1, depth } = metadata;
  return {
    image,
    notes: [
      ...(pages > 1 ? [`the first of ${pages} pages or frames is used`] : []),
      ...photoNotes(image, transparent, depth === 'ushort'),
    ],
  };
}

/** What is to be said of a picture: of how many pixels were not opaque, and whether it had 16 bits. */
export function photoNotes(image: Pixels, transparent: number, isDeep: boolean): string[] {
  const { least, most } = rangeOf(image.data);
  const share = (100 * transparent) / (image.width * image.height);
  const percent = share < 0.1 ? 'less than 0.1%' : `${share.toFixed(1)}%`;
  return [
    ...(transparent > 0 ? [`${percent} of the pixels are not opaque; they are laid over white`] : []),
    ...(most - least <= LEAST_RANGE
      ? [`nearly one colour throughout: all values in ${least} … ${most}`]
      : []),
    ...(isDeep && most < DARK && most - least > LEAST_RANGE
      ? ['16 bits of which only the darkest quarter is used']
      : []),
  ];
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
    // A part of a photograph may well be dark, so the brightest value of the whole counts.
    if (metadata.depth === 'ushort' && pixels.image.data.every((value) => value <= DARKEST_RANGE)) {
      checkBrightest(await brightestOf(source), name);
    }
    return { ...pixels, metadata };
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
  const reason = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : String(cause);
  return new HmsaError({
    operation: name,
    expected: 'a complete image',
    received: `an incomplete or damaged one (${reason})`,
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

/** If the brightest value of a 16-bit photograph needs no more bits than this, the photograph is black in 8 bits. */
const DARK_BITS = 12;
/** The brightest value in 8 bits of such an image. */
const DARKEST_RANGE = 2 ** (DARK_BITS - 8) - 1;

/** @throws HmsaError for an image of 16 bits that uses 12 or fewer, because it would be black in 8 bits */
export function checkBrightest(brightest: number, name: string): void {
  if (brightest === 0 || brightest >= 2 ** DARK_BITS) return;
  const bits = Math.max(8, Math.ceil(Math.log2(brightest + 1)));
  throw new HmsaError({
    operation: name,
    expected: 'an image of 16 bits that uses their range',
    received: `a brightest value of ${brightest} of 65535, which is black, as from a camera with ${bits} bits`,
    remedy: `Stretch its values to the whole range first (times ${2 ** (16 - bits)}), or save it with 8 bits.`,
  });
}

/** A reason why a readable photograph may not show what it should. */
export interface PhotoDoubt {
  /**
   * - `constant`: nearly one colour throughout;
   * - `dark`: 16 bits whose brightest value is below a quarter of the range;
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
  const { least, most } = rangeOf(image.data);
  if (most - least <= LEAST_RANGE)
    doubts.push({ kind: 'constant', detail: `all values in ${least} … ${most}` });
  if (depth === 'ushort' && most < DARK && most > least) {
    doubts.push({
      kind: 'dark',
      detail: `brightest value ${await brightestOf(fileOrBytes(source))} of 65535`,
    });
  }
  if (orientation > 1 && (orientation < 5 || width === height)) {
    doubts.push({ kind: 'turned', detail: `EXIF orientation ${orientation}` });
  }
  return doubts;
}

function rangeOf(data: Uint8Array): { least: number; most: number } {
  let [least, most] = [255, 0];
  for (const value of data) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}
