import sharp, { type Metadata, type Sharp } from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import { withRegularFile } from '../files/index.js';
import { emptyImage, type FileOrBytes, readSource } from './source.js';

// Every image is read once. A cache of decoded images would only take memory.
sharp.cache(false);

const formats = new Set(['png', 'jpeg', 'webp', 'tiff', 'gif', 'heif']);

/**
 * Opens an encoded image and reads its header, without decoding pixels. Files are read by libvips, which reads only the
 * parts that it needs.
 *
 * @throws HmsaError when it cannot be read, is empty, or is not an image of a known format
 */
export async function openImage(
  source: FileOrBytes,
  name: string,
): Promise<{ image: Sharp; metadata: Metadata }> {
  // libvips would wait for the writer of a pipe, and read a device without end. The same holds for files of `/proc`
  // such as kmsg, which appear as regular, empty files.
  if (typeof source === 'string')
    await withRegularFile(source, { name, expected: 'an image file' }, async (_, size) => {
      if (size === 0) throw emptyImage(name);
    });
  let image: Sharp;
  let metadata: Metadata;
  try {
    // The caller checks the number of pixels, so that the error names the file and the size.
    image = sharp(source, { failOn: 'error', limitInputPixels: false });
    metadata = await image.metadata();
  } catch (cause) {
    // Reports an empty file.
    await readSource(source, name);
    throw notAnImage(name, 'something else, or an image damaged in its first bytes', cause);
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
