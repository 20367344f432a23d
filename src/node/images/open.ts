import sharp, { type Metadata, type Sharp } from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import { withRegularFile } from '../files/index.js';
import { emptyImage, type FileOrBytes, readSource } from './source.js';

// Every image is read once: a cache of decoded ones would only make memory grow with the data set.
sharp.cache(false);

const formats = new Set(['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif']);

/**
 * Opens an encoded image and reads its header; no pixel is decoded yet. A file is left to libvips, which reads no
 * more of it than is asked for.
 *
 * @throws HmsaError when it cannot be read, is empty or is no image of a known format
 */
export async function openImage(
  source: FileOrBytes,
  name: string,
): Promise<{ image: Sharp; metadata: Metadata }> {
  // libvips would wait for somebody to write to a pipe, and read a device without end. So it would for files of `/proc`
  // such as kmsg, which are regular ones by their kind, and empty by their size.
  if (typeof source === 'string')
    await withRegularFile(source, { name, expected: 'an image file' }, async (_, size) => {
      if (size === 0) throw emptyImage(name);
    });
  let image: Sharp;
  let metadata: Metadata;
  try {
    // The caller checks the pixel count, so that the error names the file and the size.
    image = sharp(source, { failOn: 'error', limitInputPixels: false });
    metadata = await image.metadata();
  } catch (cause) {
    // Says what is wrong where the file is empty.
    await readSource(source, name);
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
