import { HmsaError } from '../../base/errors/index.js';
import type { PngOptions } from './encode.js';
import { damaged, openPhoto } from './photo.js';
import { withPalette, withSoftware } from './png.js';
import { RawImage } from './raw-image.js';

/**
 * Decodes an image as `decodeImage` does, into a file.
 *
 * @param path of the file, which ends in `.v`
 * @param pixelLimit images with more pixels are refused
 * An image that its EXIF orientation turns is in memory while it is decoded, because its rows are not read in their order.
 *
 * @throws HmsaError as `decodeImage` does, and when the disk is full
 */
export async function openLargePhoto(file: string, path: string, pixelLimit: number): Promise<RawImage> {
  const { image, metadata } = await openPhoto(file, file, { pixelLimit });
  const opaque = metadata.hasAlpha ? image.flatten({ background: '#ffffff' }) : image;
  try {
    return await RawImage.from(path, opaque.autoOrient().toColourspace('srgb').removeAlpha());
  } catch (cause) {
    throw cause instanceof HmsaError ? cause : damaged(file, cause);
  }
}

/** A label map as a PNG file. Encoded it is small. */
export async function encodedLabels(
  image: RawImage,
  { palette, software }: Required<PngOptions>,
): Promise<Uint8Array> {
  const png = await image.pipeline().toColourspace('b-w').png({ compressionLevel: 6 }).toBuffer();
  return withSoftware(withPalette(png, palette), software);
}

/** Writes an RGB image as a PNG file, a few rows at a time. */
export async function encodeRows(image: RawImage, path: string): Promise<void> {
  await image.pipeline().toColourspace('srgb').png({ compressionLevel: 6 }).toFile(path);
}

/**
 * Writes an RGB image as a TIFF file of tiles with smaller versions of itself (a pyramid), which viewers of large images open at
 * once. A label map must not be written so: the smaller versions are averages.
 */
export async function encodePyramid(image: RawImage, path: string): Promise<void> {
  const tile = { tile: true, tileWidth: 256, tileHeight: 256, pyramid: true, bigtiff: true } as const;
  await image
    .pipeline()
    .toColourspace('srgb')
    .tiff({ ...tile, compression: 'deflate' })
    .toFile(path);
}
