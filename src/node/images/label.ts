import sharp, { type Metadata, type Sharp } from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import type { LabelImage, Region, Size } from '../../data/index.js';
import { damaged } from './photo.js';
import { barePng, ColorType, isPng, parsePng } from './png.js';
import {
  checkPixelCount,
  chooseRegion,
  type DecodeOptions,
  fileOrBytes,
  type ImageSource,
  nameOf,
  openImage,
  readSource,
} from './source.js';
import { lossyTiff } from './tiff.js';

/**
 * Decodes a label map without changing its values. Palette images give their indices (and the palette), grey images of
 * 1 … 16 bits their stored numbers, colour images their colours. Only lossless files: PNG, TIFF, WebP and GIF. Colours
 * of 16 bits a channel are read if 8 bits can hold them; grey ones are read as numbers. Alpha is dropped. Orientation
 * tags are ignored, because programs write label maps. With `region`, the result is a rectangle of the image.
 *
 * @throws HmsaError that names the file: missing, empty, lossy, of another format, of several pages, with labels only
 *   in its alpha channel, damaged, above the pixel limit
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
  checkPixelCount(name, png.width, png.height, options.pixelLimit);
  const isColor = colorType === ColorType.RGB || colorType === ColorType.RGB_ALPHA;
  const bare = barePng(png);
  const region = options.region && chooseRegion(name, png, options.region);
  if (isColor && depth === 16) return deepColors(bare, name, png, region);
  const { width, height } = region ?? png;
  const data = await rawPixels(bare, isColor ? 'rgb' : depth === 16 ? 'grey16' : 'grey', region);
  const hasAlpha = colorType === ColorType.RGB_ALPHA || colorType === ColorType.GREY_ALPHA;
  if (hasAlpha && region === undefined) await checkAlpha(bare, name, data, isColor ? 3 : 1);
  if (isColor) return { kind: 'rgb', width, height, data: data as Uint8Array };
  if (depth >= 8) return { kind: 'index', width, height, data, ...(palette && { palette }) };
  // Decoders stretch 1, 2 and 4 bits to 0 … 255.
  const step = 255 / (2 ** depth - 1);
  for (let i = 0; i < data.length; i++) data[i] = data[i]! / step;
  return { kind: 'index', width, height, data, depth, ...(palette && { palette }) };
}

async function decodeOther(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<LabelImage> {
  const { metadata } = await openImage(bytes, name);
  checkLabelFormat(metadata, bytes, name);
  const { channels, depth } = metadata;
  checkPixelCount(name, metadata.width, metadata.height, options.pixelLimit);
  const isColor = channels >= 3;
  const region = options.region && chooseRegion(name, metadata, options.region);
  if (isColor && depth === 'ushort') return deepColors(bytes, name, metadata, region);
  const { width, height } = region ?? metadata;
  const data = await rawPixels(bytes, isColor ? 'rgb' : depth === 'ushort' ? 'grey16' : 'grey', region);
  if (metadata.hasAlpha && region === undefined) await checkAlpha(bytes, name, data, isColor ? 3 : 1);
  return isColor
    ? { kind: 'rgb', width, height, data: data as Uint8Array }
    : { kind: 'index', width, height, data };
}

/** @throws HmsaError for a file whose values are not labels, or may have changed since they were drawn */
function checkLabelFormat(metadata: Metadata, bytes: Uint8Array, name: string): void {
  const { format, depth, channels, space, pages = 1, hasAlpha } = metadata;
  const refuse = (expected: string, received: string, remedy = 'Export the label maps as PNG.') => {
    throw new HmsaError({ operation: name, expected, received, remedy });
  };
  const lossy = lossyForm(format, bytes);
  if (lossy !== undefined) {
    refuse(
      'a label map in a lossless format',
      `${lossy}, which blurs labels`,
      'Export the label maps as PNG. If black-and-white masks exist only as JPEG, convert them to PNG with a ' +
        'threshold, so that they have two values.',
    );
  }
  if (depth !== 'uchar' && depth !== 'ushort')
    refuse('a label map of 8 or 16 bits', `values of type ${depth}`);
  const bands = channels - (hasAlpha ? 1 : 0);
  if ((bands !== 1 && bands !== 3) || space === 'cmyk' || space === 'lab') {
    refuse('a label map of one band, or three of colours', `${channels} bands (${space})`);
  }
  if (pages > 1) refuse('a label map of one page', `${pages} pages`, 'Save the right page as PNG.');
}

/**
 * A mask may be drawn in the alpha channel, over one colour. Its colours alone would be one class everywhere. And a
 * transparent pixel may be of another class than an opaque one of the same colour.
 */
async function checkAlpha(
  bytes: Uint8Array,
  name: string,
  data: Uint8Array | Uint16Array,
  channels: number,
): Promise<void> {
  const alpha = await open(bytes).extractChannel('alpha').raw({ depth: 'uchar' }).toBuffer();
  if (alpha.every((value) => value === alpha[0])) return;
  const refuse = (received: string) => {
    throw new HmsaError({
      operation: name,
      expected: 'labels in the values or colours of the image',
      received,
      remedy: 'Export the label maps without transparency, one value or colour for each class.',
    });
  };
  if (data.every((value, i) => value === data[i % channels]))
    refuse('one value throughout, and labels in its alpha channel');
  const clear = new Set<number>();
  const opaque = new Set<number>();
  for (let i = 0; i < alpha.length; i++) {
    if (alpha[i] !== 0 && alpha[i] !== 255) continue;
    let key = 0;
    for (let c = 0; c < channels; c++) key = key * 65_536 + data[i * channels + c]!;
    (alpha[i] === 0 ? clear : opaque).add(key);
  }
  if ([...clear].some((key) => opaque.has(key)))
    refuse('pixels of one value that are partly transparent and partly opaque');
}

async function deepColors(
  bytes: Uint8Array,
  name: string,
  { width, height }: Size,
  region?: Region,
): Promise<LabelImage> {
  const buffer = await open(bytes).removeAlpha().toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
  return labelOfDeepColors(aligned(buffer), { width, height }, name, region);
}

async function rawPixels(
  bytes: Uint8Array,
  as: 'rgb' | 'grey' | 'grey16',
  region: Region | undefined,
): Promise<Uint8Array | Uint16Array> {
  const image = open(bytes).removeAlpha();
  if (region) image.extract(region);
  if (as === 'grey16') {
    return aligned(await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer());
  }
  const space = as === 'rgb' ? 'srgb' : 'b-w';
  const data = await image.toColourspace(space).raw({ depth: 'uchar' }).toBuffer();
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

function open(bytes: Uint8Array): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: false, ignoreIcc: true });
}

/** A copy, because a buffer may begin at an odd address. */
function aligned(data: Buffer): Uint16Array {
  return new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.length));
}

/** What a file is whose pixels are not exactly those that were saved; undefined if they are. */
function lossyForm(format: string, bytes: Uint8Array): string | undefined {
  if (format === 'gif') return undefined;
  if (format === 'tiff') {
    const compression = lossyTiff(bytes);
    return compression && `a TIFF file with ${compression} inside`;
  }
  // A lossless WebP holds its pixels in a chunk named VP8L, a lossy one in a chunk named "VP8 ".
  const isExact =
    format === 'webp' && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('VP8L');
  return isExact ? undefined : `a lossy ${format} file`;
}

/**
 * A label map from RGB of 16 bits a channel. Grey pixels are numbers. Colours are read if 8 bits can hold them (each
 * value k stored as 257·k, as tools convert 8 bits to 16). The whole image decides how a rectangle of it is read.
 *
 * @param data RGB, H·W·3
 * @throws HmsaError for colours that 8 bits cannot hold, because rounding could turn them into the colours of other
 *   classes
 */
function labelOfDeepColors(
  data: Uint16Array,
  whole: Size,
  name: string,
  region: Region = { left: 0, top: 0, ...whole },
): LabelImage {
  const { left, top, width, height } = region;
  const cut = <T extends Uint8Array | Uint16Array>(target: T, channels: number, divisor: number): T => {
    for (let i = 0; i < target.length; i++) {
      const pixel = Math.floor(i / channels);
      const at = (top + Math.floor(pixel / width)) * whole.width + left + (pixel % width);
      target[i] = data[at * 3 + (i % channels)]! / divisor;
    }
    return target;
  };
  if (data.every((value) => value % 257 === 0)) {
    return { kind: 'rgb', width, height, data: cut(new Uint8Array(width * height * 3), 3, 257) };
  }
  if (data.every((value, i) => value === data[i - (i % 3)])) {
    return { kind: 'index', width, height, data: cut(new Uint16Array(width * height), 1, 1) };
  }
  throw new HmsaError({
    operation: name,
    expected: 'colours of 8 bits a channel',
    received: 'colours of 16 bits that 8 bits cannot hold',
    remedy: 'Export the label maps as PNG with 8 bits a channel.',
  });
}
