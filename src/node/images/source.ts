import { extname } from 'node:path';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { z } from 'zod';
import { HmsaError, isRecord, shown } from '../../base/errors/index.js';
import { callback, checkNamed, type Shape, text } from '../../base/schema/index.js';
import type { Region, Size } from '../../data/index.js';
import {
  type FileFormat,
  FORMAT_BYTES,
  formatOf,
  localPath,
  rawEndings,
  readRegularFile,
  withRegularFile,
} from '../files/index.js';

/** An image file: its path, its `file:` URL (as a text too), or its bytes. */
export type ImageSource = string | URL | Uint8Array;

/** An image file, ready to be opened. */
export type FileOrBytes = string | Uint8Array;

export function isImageSource(value: unknown): value is ImageSource {
  return typeof value === 'string' || value instanceof URL || value instanceof Uint8Array;
}

/** @throws HmsaError when the value is none of the three, or the URL of no file on this machine */
export function fileOrBytes(source: ImageSource): FileOrBytes {
  if (typeof source === 'string') return localPath(source);
  if (source instanceof Uint8Array) return source;
  if (source instanceof URL && source.protocol === 'file:') return localPath(source.href);
  throw new HmsaError({
    operation: 'decode image',
    expected: 'the path of an image file, its file: URL or its bytes',
    received: source instanceof URL ? source.href : source === null ? 'null' : typeof source,
    ...(source instanceof URL && { remedy: 'Give what is there: await (await fetch(url)).blob().' }),
  });
}

export interface DecodeOptions {
  /** What errors call the image; default: its path. */
  readonly name?: string;
  /** Images with more pixels are refused before they are decoded; default 134 million (2²⁷). */
  readonly pixelLimit?: number;
  /**
   * Chooses a rectangle when the size of the whole image is known. Rows below it need not be decoded, which saves time.
   * Damage in them goes unnoticed.
   */
  readonly region?: (whole: Size) => Region;
}

const decodeShape = {
  name: text,
  pixelLimit: z.number().positive().optional(),
  region: callback,
} satisfies Shape<DecodeOptions>;

/** 2²⁷ pixels, 16384×8192: four times the largest photograph of the public data sets, 400 MB as RGB. */
const DEFAULT_PIXEL_LIMIT = 2 ** 27;

/** @throws HmsaError when the file cannot be read or is empty */
export async function readSource(source: FileOrBytes, name: string): Promise<Uint8Array> {
  const bytes =
    typeof source === 'string' ? await readRegularFile(source, { name, expected: 'an image file' }) : source;
  if (bytes.length === 0) throw emptyImage(name);
  return bytes;
}

function emptyImage(name: string): HmsaError {
  return new HmsaError({
    operation: name,
    expected: 'an image',
    received: 'an empty file',
    remedy: 'Copy or download it again.',
  });
}

/** What errors call an image. @throws HmsaError when the options are not valid */
export function nameOf(source: FileOrBytes, options: DecodeOptions): string {
  checkNamed(decodeShape, options, 'decode image');
  return options.name ?? (typeof source === 'string' ? source : 'image');
}

/** @throws HmsaError when the image has more pixels than the limit */
export function checkPixelCount(
  name: string,
  width: number,
  height: number,
  limit = DEFAULT_PIXEL_LIMIT,
): void {
  if (width * height <= limit) return;
  throw new HmsaError({
    operation: name,
    expected: `an image of at most ${(limit / 1e6).toFixed(0)} million pixels`,
    received: `${width}×${height}`,
    remedy: 'Reduce or divide it; in code, pixelLimit reads larger files that you trust.',
  });
}

/** @throws HmsaError when the chosen rectangle is empty or does not lie inside the image */
export function chooseRegion(name: string, whole: Size, choose: (whole: Size) => Region): Region {
  const chosen: unknown = choose({ width: whole.width, height: whole.height });
  const { left, top, width, height } = (isRecord(chosen) ? chosen : {}) as unknown as Region;
  const isWhole = [left, top, width, height].every(Number.isInteger);
  const isInside =
    isWhole && left >= 0 && top >= 0 && left + width <= whole.width && top + height <= whole.height;
  if (isInside && width > 0 && height > 0) return { left, top, width, height };
  throw new HmsaError({
    operation: name,
    expected: `a rectangle inside ${whole.width}×${whole.height}`,
    received: isWhole ? `${width}×${height} at (${left}, ${top})` : shown(chosen),
  });
}

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
    const format = await formatOfSource(source);
    if (format !== undefined && !format.isReadable) throw unreadable(name, format.name, cause);
    throw format === undefined
      ? notAnImage(name, 'something else, or an image damaged in its first bytes', cause)
      : notAnImage(name, `an incomplete or damaged ${format.name} file`, cause, 'Copy or download it again.');
  }
  if (!formats.has(metadata.format)) throw notAnImage(name, `a ${metadata.format} file`);
  // libvips opens them without being able to decode the pixels, or sees only the small preview in a raw photograph.
  if (metadata.format === 'heif' && metadata.compression !== 'av1') throw unreadable(name, 'HEIC');
  if (metadata.format === 'tiff') {
    const format = await formatOfSource(source);
    if (format !== undefined && !format.isReadable) throw unreadable(name, format.name);
    if (typeof source === 'string' && rawEndings.includes(extname(source).toLowerCase()))
      throw unreadable(name, 'raw');
  }
  return { image, metadata };
}

async function formatOfSource(source: FileOrBytes): Promise<FileFormat | undefined> {
  if (typeof source !== 'string') return formatOf(source);
  const first = new Uint8Array(FORMAT_BYTES);
  const { bytesRead } = await withRegularFile(source, {}, (file) => file.read(first, 0, FORMAT_BYTES, 0));
  return formatOf(first.subarray(0, bytesRead));
}

function unreadable(name: string, format: string, cause?: unknown): HmsaError {
  return new HmsaError({
    operation: name,
    expected: 'a PNG, JPEG, WebP, TIFF, AVIF or GIF image',
    received: `a ${format} file, which cannot be read`,
    remedy: 'Convert it to JPEG or PNG.',
    cause,
  });
}

function notAnImage(
  name: string,
  received: string,
  cause?: unknown,
  remedy = 'Replace or remove the file.',
): HmsaError {
  return new HmsaError({
    operation: name,
    expected: 'a PNG, JPEG, WebP, TIFF, AVIF or GIF image',
    received,
    remedy,
    cause,
  });
}
