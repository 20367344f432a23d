import { HmsaError } from '../../base/errors/index.js';
import { rgbOf } from '../../base/raw-pixels.js';
import { toDisk } from './disk.js';
import type { PngOptions } from './encode.js';
import { type Levels, levelsOf } from './levels.js';
import { checkDepth, damaged, openPhoto, photoNotes } from './photo.js';
import { withPalette, withSoftware } from './png.js';
import { RawImage } from './raw-image.js';
import type { FileOrBytes } from './source.js';

export interface LargePhotoOptions {
  /** What errors call it. */
  readonly name: string;
  /** A new path for a temporary file, which ends in `.v`. */
  readonly temporary: () => string;
  /** Images with more pixels are refused. */
  readonly pixelLimit: number;
}

/**
 * Decodes an image into a file, with the pixels, notes and errors of `decodePhoto`. An image that its EXIF orientation turns, and
 * formats other than PNG, JPEG and TIFF, are in memory while they are decoded, because their rows are not read in their order.
 *
 * @throws HmsaError as `decodePhoto` does, and when the disk is full
 */
export async function openLargePhoto(
  source: FileOrBytes,
  { name, temporary, pixelLimit }: LargePhotoOptions,
): Promise<{ readonly image: RawImage; readonly notes: readonly string[] }> {
  const { image: file, metadata } = await openPhoto(source, name, { pixelLimit });
  const decoded = await RawImage.from(temporary(), file.autoOrient().toColourspace('srgb')).catch((cause) => {
    throw cause instanceof HmsaError ? cause : damaged(name, cause);
  });
  let image = decoded;
  try {
    if (decoded.channels !== 3) image = await RawImage.create(temporary(), decoded, 'rgb');
    const values = await laidOverWhite(decoded, image, name);
    await checkDepth(source, name, metadata, values);
    if (image !== decoded) await decoded.close();
    return { image, notes: photoNotes(values, metadata) };
  } catch (error) {
    await decoded.close();
    if (image !== decoded) await image.close();
    throw error;
  }
}

/** Bytes that are looked at at once. */
const BAND_BYTES = 2 ** 24;

/** Writes what is transparent as `rgbOf` does. Of an image that is itself, it only looks at the values. */
async function laidOverWhite(from: RawImage, to: RawImage, name: string) {
  const { width, height, channels } = from;
  const rows = Math.max(1, Math.floor(BAND_BYTES / (width * channels)));
  let levels: Levels | undefined;
  let transparent = 0;
  for (let y = 0; y < height; y += rows) {
    const band = await from.read({ x: 0, y, width, height: Math.min(rows, height - y) });
    const opaque = rgbOf(band, name);
    transparent += opaque.transparent;
    levels = levelsOf(opaque.image.data, levels);
    if (from !== to) await to.write(y, opaque.image.data);
  }
  return { levels: levels!, transparent };
}

/** A label map as a PNG file. Encoded it is small. */
export async function encodedLabels(
  image: RawImage,
  { palette, software }: Required<PngOptions>,
): Promise<Uint8Array> {
  const png = await image.pipeline().toColourspace('b-w').png({ compressionLevel: 6 }).toBuffer();
  return withSoftware(withPalette(png, palette), software);
}

/** Writes an image as a PNG file of its form, a few rows at a time. @throws HmsaError when the disk is full */
export async function encodeRows(image: RawImage, path: string, form: 'rgb' | 'grey16'): Promise<void> {
  const space = form === 'rgb' ? 'srgb' : 'grey16';
  await toDisk(path, image.pipeline().toColourspace(space).png({ compressionLevel: 6 }).toFile(path));
}
