import { HmsaError } from '../../errors/index.js';
import { openImage } from './open.js';
import {
  checkPixels,
  chooseRegion,
  type DecodeOptions,
  type FileOrBytes,
  fileOrBytes,
  type ImageSource,
  nameOf,
} from './source.js';

/** A decoded photograph. */
export interface RgbImage {
  /** RGB, H·W·3, row-major, interleaved, 0 … 255. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Decodes a PNG, JPEG, WebP, TIFF, AVIF or GIF file (told by its content, never by its name) to 8-bit sRGB.
 *
 * EXIF orientation is applied, so width and height are those a viewer shows. Grey, 16-bit and CMYK images are
 * converted; alpha is dropped; of several pages or frames the first is taken. With `region` a rectangle of all that,
 * width and height its own.
 *
 * @throws HmsaError that names the file: missing, empty, of another format, cut short or damaged, or above the
 *   pixel limit
 */
export async function decodeImage(of: ImageSource, options: DecodeOptions = {}): Promise<RgbImage> {
  const source = fileOrBytes(of);
  const name = nameOf(source, options);
  const { image, size } = await openPhoto(source, name, options);
  const region = options.region && chooseRegion(name, size, options.region);
  const turned = image.autoOrient();
  try {
    const { data, info } = await (region ? turned.extract(region) : turned)
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data: new Uint8Array(data.buffer, data.byteOffset, data.length), ...sizeOf(info) };
  } catch (cause) {
    throw damaged(name, cause);
  }
}

/**
 * The width and height that {@link decodeImage} would give, from the file's header alone.
 *
 * @throws HmsaError as {@link decodeImage} does, except for damage behind the header
 */
export async function imageSize(
  of: ImageSource,
  options: DecodeOptions = {},
): Promise<{ width: number; height: number }> {
  const source = fileOrBytes(of);
  return (await openPhoto(source, nameOf(source, options), options)).size;
}

async function openPhoto(source: FileOrBytes, name: string, options: DecodeOptions) {
  const { image, metadata } = await openImage(source, name);
  checkPixels(name, metadata.width, metadata.height, options.pixelLimit);
  return { image, size: sizeOf(metadata.autoOrient) };
}

function sizeOf(size: { width: number; height: number }): { width: number; height: number } {
  return { width: size.width, height: size.height };
}

/** What libvips says about a file that it could not decode to the end. */
export function damaged(name: string, cause: unknown): HmsaError {
  const reason = cause instanceof Error ? (cause.message.trim().split('\n').at(-1) ?? '') : String(cause);
  return new HmsaError({
    operation: name,
    expected: 'a whole image',
    received: `one that is cut short or damaged (${reason})`,
    remedy: 'Copy or download it again.',
    cause,
  });
}
