import sharp, { type Sharp } from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import { channelsOf, checkColors, checkPixels, type Pixels } from '../../base/pixels/index.js';
import type { Rgb } from '../../data/index.js';
import { checkNamed, text } from '../arguments/index.js';
import { withPalette, withSoftware } from './png-chunks.js';

export interface PngOptions {
  /**
   * The classes' colours, for a label map: the file then holds its values as palette indices, which viewers show in
   * colour and readers of indices give back as they are.
   */
  readonly palette?: readonly Rgb[];
  /** What has made the picture, kept in the file's text. */
  readonly software?: string;
}

/**
 * A PNG file: 8-bit grey or, with a palette, 8-bit indices for one channel, so that a label map's values are its bytes;
 * RGB for three.
 *
 * @throws HmsaError when the data are not so many pixels, or a palette is given for RGB
 */
export async function encodePng(pixels: Pixels, options: PngOptions = {}): Promise<Uint8Array> {
  const image = raw(pixels);
  checkNamed({ software: text }, options, 'encodePng');
  const { palette, software } = options;
  if (palette !== undefined) checkColors(palette, 'encodePng, palette');
  const isLabels = channelsOf(pixels) === 1;
  if (palette !== undefined && !isLabels) {
    throw new HmsaError({
      operation: 'encode image',
      expected: 'a label map, one byte a pixel, for a palette',
      received: 'RGB pixels',
    });
  }
  let png: Uint8Array = await image
    .toColourspace(isLabels ? 'b-w' : 'srgb')
    .png({ compressionLevel: 6 })
    .toBuffer();
  if (palette !== undefined) png = withPalette(png, palette);
  return software === undefined ? png : withSoftware(png, software);
}

/** A JPEG file of an RGB image; quality 1 … 100. */
export async function encodeJpeg(pixels: Pixels, quality = 85): Promise<Uint8Array> {
  return raw(pixels).jpeg({ quality }).toBuffer();
}

/** The image with no more than so many pixels on its longer side; itself where it has no more. */
export async function reducedTo(maxSide: number, pixels: Pixels): Promise<Pixels> {
  const factor = maxSide / Math.max(pixels.width, pixels.height);
  return factor >= 1 ? pixels : resizeToWidth(pixels, Math.max(1, Math.round(pixels.width * factor)));
}

/** The image resized to a width, its height in proportion; RGB by averaging, label maps by nearest pixel. */
export async function resizeToWidth(pixels: Pixels, width: number): Promise<Pixels> {
  const isLabels = channelsOf(pixels) === 1;
  const height = Math.max(1, Math.round((pixels.height * width) / pixels.width));
  const data = await raw(pixels)
    .resize(width, height, { fit: 'fill', kernel: isLabels ? 'nearest' : 'lanczos3' })
    .toColourspace(isLabels ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return { data, width, height };
}

function raw(pixels: Pixels): Sharp {
  checkPixels(pixels, 'encode image');
  const { data, width, height } = pixels;
  return sharp(data, { raw: { width, height, channels: channelsOf(pixels) } });
}
