import sharp from 'sharp';
import type { LabelImage, Region } from '../../data/index.js';
import { HmsaError } from '../../errors/index.js';
import { openImage } from './open.js';
import { damaged } from './photo.js';
import { barePng, ColorType, isPng, parsePng } from './png.js';
import {
  checkPixels,
  chooseRegion,
  type DecodeOptions,
  fileOrBytes,
  type ImageSource,
  nameOf,
  readSource,
} from './source.js';

/**
 * Decodes a label map without touching its values: palette images give their indices (and the palette), grey
 * images of depth 1 … 16 their stored numbers, colour images their colours. Lossless files only: PNG, TIFF, WebP
 * and GIF. Alpha is dropped; orientation tags are not applied, since label maps are written by programs. With `region`
 * a rectangle of it, width and height its own.
 *
 * @throws HmsaError that names the file: missing, empty, lossy, of another format, damaged, above the pixel limit
 */
export async function decodeLabels(of: ImageSource, options: DecodeOptions = {}): Promise<LabelImage> {
  const source = fileOrBytes(of);
  const name = nameOf(source, options);
  const bytes = await readSource(source, name);
  try {
    return isPng(bytes)
      ? await decodePngLabels(bytes, name, options)
      : await decodeOther(bytes, name, options);
  } catch (error) {
    throw error instanceof HmsaError ? error : damaged(name, error);
  }
}

async function decodePngLabels(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<LabelImage> {
  const png = parsePng(bytes, name);
  const { depth, colorType, palette } = png;
  checkPixels(name, png.width, png.height, options.pixelLimit);
  const isColor = colorType === ColorType.RGB || colorType === ColorType.RGB_ALPHA;
  const region = options.region && chooseRegion(name, png, options.region);
  const { width, height } = region ?? png;
  const data = await rawPixels(barePng(png), isColor ? 'rgb' : depth === 16 ? 'grey16' : 'grey', region);
  if (isColor) return { kind: 'rgb', width, height, data: data as Uint8Array };
  // Decoders stretch 1, 2 and 4 bits to 0 … 255.
  if (depth < 8) {
    const step = 255 / (2 ** depth - 1);
    for (let i = 0; i < data.length; i++) data[i] = data[i]! / step;
  }
  return { kind: 'index', width, height, data, ...(palette && { palette }) };
}

async function decodeOther(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<LabelImage> {
  const { metadata } = await openImage(bytes, name);
  const { format, channels, depth } = metadata;
  if (!isLossless(format, bytes)) {
    throw new HmsaError({
      operation: name,
      expected: 'a label map in a lossless format',
      received: `a lossy ${format} file, whose labels are smeared`,
      remedy: 'Export the label maps as PNG.',
    });
  }
  if (depth !== 'uchar' && depth !== 'ushort') {
    throw new HmsaError({
      operation: name,
      expected: 'a label map of 8 or 16 bits',
      received: `values of type ${depth}`,
      remedy: 'Export the label maps as PNG.',
    });
  }
  checkPixels(name, metadata.width, metadata.height, options.pixelLimit);
  const isColor = channels >= 3;
  const region = options.region && chooseRegion(name, metadata, options.region);
  const { width, height } = region ?? metadata;
  const data = await rawPixels(bytes, isColor ? 'rgb' : depth === 'ushort' ? 'grey16' : 'grey', region);
  return isColor
    ? { kind: 'rgb', width, height, data: data as Uint8Array }
    : { kind: 'index', width, height, data };
}

async function rawPixels(
  bytes: Uint8Array,
  as: 'rgb' | 'grey' | 'grey16',
  region: Region | undefined,
): Promise<Uint8Array | Uint16Array> {
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false, ignoreIcc: true }).removeAlpha();
  if (region) image.extract(region);
  if (as === 'grey16') {
    const data = await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    // A copy, because a buffer need not begin at an even address.
    return new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
  }
  const space = as === 'rgb' ? 'srgb' : 'b-w';
  const data = await image.toColourspace(space).raw({ depth: 'uchar' }).toBuffer();
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

function isLossless(format: string, bytes: Uint8Array): boolean {
  if (format !== 'webp') return format === 'tiff' || format === 'gif';
  // A lossless WebP holds its pixels in a VP8L chunk, a lossy one in a chunk named "VP8 ".
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('VP8L');
}
