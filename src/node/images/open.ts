import sharp, { type Metadata, type Sharp } from 'sharp';
import { HmsaError } from '../../errors/index.js';

// Every image is read once: a cache of decoded ones would only make memory grow with the data set.
sharp.cache(false);

const formats = new Set(['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif']);

/**
 * Opens an encoded image and reads its header; no pixel is decoded yet.
 *
 * @throws HmsaError when the bytes are no image of a known format
 */
export async function openImage(
  bytes: Uint8Array,
  name: string,
): Promise<{ image: Sharp; metadata: Metadata }> {
  // The caller checks the pixel count, so that the error names the file and the size.
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false });
  let metadata: Metadata;
  try {
    metadata = await image.metadata();
  } catch (cause) {
    throw notAnImage(name, 'something else, or one damaged in its first bytes', cause);
  }
  if (!formats.has(metadata.format)) throw notAnImage(name, `a ${metadata.format} file`);
  return { image, metadata };
}

function notAnImage(name: string, received: string, cause?: unknown): HmsaError {
  return new HmsaError({
    operation: name,
    expected: 'a PNG, JPEG, WebP, TIFF, AVIF or GIF image',
    received,
    remedy: 'Replace or remove the file.',
    cause,
  });
}
