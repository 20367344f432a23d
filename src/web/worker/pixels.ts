import { HmsaError } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels.js';
import type { SentPicture } from '../protocol.js';

/** The most pixels of a picture: their four channels take 512 MB. */
const MOST_PIXELS = 2 ** 27;

/**
 * The RGB pixels of a picture. Files are turned as their EXIF orientation says; pixels that are not opaque lie on
 * black.
 *
 * @throws HmsaError when the browser cannot decode it, or it is too large
 */
export async function pixelsOf(picture: SentPicture): Promise<Pixels> {
  if (picture instanceof ImageData) return rgbOf(picture);
  const bitmap = picture instanceof Blob ? await decoded(picture) : picture;
  const { width, height } = bitmap;
  try {
    if (width * height > MOST_PIXELS) {
      throw new HmsaError({
        operation: 'image',
        expected: `at most ${Math.floor(MOST_PIXELS / 1e6)} million pixels`,
        received: `${width}×${height}`,
        remedy: 'Reduce it first.',
      });
    }
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (context === null) {
      throw new HmsaError({
        operation: 'image',
        expected: 'an image that fits a canvas of this browser',
        received: `${width}×${height}`,
        remedy: 'Reduce it first.',
      });
    }
    context.drawImage(bitmap, 0, 0);
    return rgbOf(context.getImageData(0, 0, width, height));
  } finally {
    bitmap.close();
  }
}

async function decoded(blob: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob);
  } catch {
    const { type, size } = blob;
    throw new HmsaError({
      operation: 'image',
      expected: 'an image that this browser can show, such as PNG, JPEG, WebP or AVIF',
      received:
        size === 0 ? 'an empty file' : `${size.toLocaleString('en')} bytes of ${type || 'no known type'}`,
      remedy: 'Check that the file is whole, or save it as PNG.',
    });
  }
}

function rgbOf({ data, width, height }: ImageData): Pixels {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4) {
    rgb[to++] = data[from]!;
    rgb[to++] = data[from + 1]!;
    rgb[to++] = data[from + 2]!;
  }
  return { data: rgb, width, height };
}
