import type { Metadata } from 'sharp';
import sharp from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels/index.js';
import type { Size } from '../../data/index.js';
import { openImage } from './open.js';
import { checkBrightest, checkPhotoForm, DARKEST_RANGE } from './photo-form.js';
import {
  checkPixelCount,
  chooseRegion,
  type DecodeOptions,
  type FileOrBytes,
  fileOrBytes,
  type ImageSource,
  nameOf,
} from './source.js';

/**
 * Decodes a PNG, JPEG, WebP, TIFF, AVIF or GIF file (recognised by its content, not its name) to an 8-bit sRGB image.
 *
 * EXIF orientation is applied, so width and height are those that a viewer shows. Grey, 16-bit and CMYK images are
 * converted. Alpha is dropped. The first of several pages or frames is used. With `region`, the result is a rectangle
 * of that image.
 *
 * @throws HmsaError that names the file: missing, empty, of another format, of floating-point numbers, with bands that
 *   are neither grey nor RGB nor CMYK, of 16 bits that use 12 or fewer, damaged or incomplete, or above the pixel limit
 */
export async function decodeImage(of: ImageSource, options: DecodeOptions = {}): Promise<Pixels> {
  const source = fileOrBytes(of);
  const name = nameOf(source, options);
  const { image, size, metadata } = await openPhoto(source, name, options);
  const region = options.region && chooseRegion(name, size, options.region);
  const turned = image.autoOrient();
  try {
    const { data, info } = await (region ? turned.extract(region) : turned)
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
    // A part of a photograph may well be dark, so the brightest value of the whole counts.
    if (metadata.depth === 'ushort' && pixels.every((value) => value <= DARKEST_RANGE)) {
      checkBrightest(await brightestOf(source), name);
    }
    return { data: pixels, ...sizeOf(info) };
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
export async function photoHeader(of: ImageSource, options: DecodeOptions = {}): Promise<Metadata> {
  const source = fileOrBytes(of);
  return (await openPhoto(source, nameOf(source, options), options)).metadata;
}

/** The largest stored value of the image, without alpha. */
export async function brightestOf(source: FileOrBytes): Promise<number> {
  const image = sharp(source, { limitInputPixels: false });
  const { hasAlpha } = await image.metadata();
  const { channels } = await image.stats();
  return Math.max(...(hasAlpha ? channels.slice(0, -1) : channels).map(({ max }) => max));
}

async function openPhoto(source: FileOrBytes, name: string, options: DecodeOptions) {
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
