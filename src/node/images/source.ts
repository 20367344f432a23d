import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { HmsaError, isRecord, shown } from '../../base/errors/index.js';
import type { Region, Size } from '../../data/index.js';
import { callback, checkNamed, type Shape, text } from '../arguments/index.js';
import { readRegularFile } from '../files/index.js';

/** An image file: its path, its `file:` URL, or its bytes. */
export type ImageSource = string | URL | Uint8Array;

/** An image file as it is opened. */
export type FileOrBytes = string | Uint8Array;

export function isImageSource(value: unknown): value is ImageSource {
  return typeof value === 'string' || value instanceof URL || value instanceof Uint8Array;
}

/** @throws HmsaError when it is none of the three */
export function fileOrBytes(source: ImageSource): FileOrBytes {
  if (isImageSource(source) && !(source instanceof URL)) return source;
  const path = source instanceof URL ? pathOf(source) : undefined;
  if (path !== undefined) return path;
  throw new HmsaError({
    operation: 'decode image',
    expected: 'the path of an image file, its file: URL or its bytes',
    received: source instanceof URL ? source.href : source === null ? 'null' : typeof source,
  });
}

/** Undefined where a URL names no file here, as with another host in it. */
function pathOf(url: URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

export interface DecodeOptions {
  /** How errors call the image; the path where left out. */
  readonly name?: string;
  /** Images with more pixels are refused before they are decoded; 134 million (2²⁷) where left out. */
  readonly pixelLimit?: number;
  /**
   * Chooses the rectangle that is wanted once the size of the whole is known. Nothing behind its last row need be
   * decoded, which saves time; damage there goes unnoticed.
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

export function emptyImage(name: string): HmsaError {
  return new HmsaError({
    operation: name,
    expected: 'an image',
    received: 'an empty file',
    remedy: 'Copy or download it again.',
  });
}

/** How errors call an image. @throws HmsaError where the options are none */
export function nameOf(source: FileOrBytes, options: DecodeOptions): string {
  checkNamed(decodeShape, options, 'decode image');
  return options.name ?? (typeof source === 'string' ? source : 'image');
}

/** @throws HmsaError when the image has more pixels than the limit */
export function checkPixels(name: string, width: number, height: number, limit = DEFAULT_PIXEL_LIMIT): void {
  if (width * height <= limit) return;
  throw new HmsaError({
    operation: name,
    expected: `an image of at most ${(limit / 1e6).toFixed(0)} million pixels`,
    received: `${width}×${height}`,
    remedy: 'Make it smaller, or raise the pixel limit if you trust it.',
  });
}

/** @throws HmsaError when the chosen rectangle is empty or not inside of the image */
export function chooseRegion(name: string, whole: Size, choose: (whole: Size) => Region): Region {
  const chosen: unknown = choose({ width: whole.width, height: whole.height });
  const { left, top, width, height } = (isRecord(chosen) ? chosen : {}) as unknown as Region;
  const isWhole = [left, top, width, height].every(Number.isInteger);
  const isInside =
    isWhole && left >= 0 && top >= 0 && left + width <= whole.width && top + height <= whole.height;
  if (isInside && width > 0 && height > 0) return { left, top, width, height };
  throw new HmsaError({
    operation: name,
    expected: `a rectangle inside of ${whole.width}×${whole.height}`,
    received: isWhole ? `${width}×${height} from (${left}, ${top}) on` : shown(chosen),
  });
}
