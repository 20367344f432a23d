import sharp, { type Sharp } from 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import { channelsOf, checkColors, checkPixels, type Pixels } from '../../base/pixels.js';
import { checkNamed, text } from '../../base/schema/index.js';
import type { ClassMap, Rgb } from '../../data/index.js';
import { type ClassShare, type Drawing, legendOf, scaleBarOf, stacked } from '../../report/pictures/index.js';
import { withPalette, withSoftware } from './png.js';

export interface PngOptions {
  /**
   * The colours of the classes, for a label map. The file then holds the values as palette indices, so that viewers
   * show colours and programs read the values.
   */
  readonly palette?: readonly Rgb[];
  /** The name of the program that made the picture, stored in the file. */
  readonly software?: string;
}

/**
 * Encodes a PNG file. One channel becomes 8-bit grey or, with a palette, 8-bit indices, so that the bytes are the
 * values of the label map. Three channels become RGB.
 *
 * @throws HmsaError when the size does not fit the data, or a palette is given for RGB
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

/** Encodes one channel of 16 bits as a grey PNG file. */
export async function encodeDepth(
  { data, width, height }: { readonly data: Uint16Array; readonly width: number; readonly height: number },
  software: string,
): Promise<Uint8Array> {
  const png = await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png({ compressionLevel: 6 })
    .toBuffer();
  return withSoftware(png, software);
}

/** Encodes an RGB image as a JPEG file, with quality 1 … 100. */
export async function encodeJpeg(pixels: Pixels, quality = 85): Promise<Uint8Array> {
  return raw(pixels).jpeg({ quality }).toBuffer();
}

/** The image, reduced to at most this many pixels on its longer side; the image itself if it is not larger. */
export async function reducedTo(maxSide: number, pixels: Pixels): Promise<Pixels> {
  const factor = maxSide / Math.max(pixels.width, pixels.height);
  return factor >= 1 ? pixels : resizeToWidth(pixels, Math.max(1, Math.round(pixels.width * factor)));
}

/** The image resized to a width, with its proportions kept. RGB is averaged; label maps take the nearest pixel. */
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

/**
 * Adds a legend below a picture: colour, name and share of the image of each class present, the largest first. Letters
 * grow with the picture. A picture narrower than an entry gets white beside it.
 *
 * @throws HmsaError when it is not an RGB picture, or the shares are not those of {@link classShares}
 */
export async function withLegend(
  picture: Pixels,
  shares: readonly ClassShare[],
  classes: Pick<ClassMap, 'colors'>,
): Promise<Pixels> {
  checkPixels(picture, 'withLegend', { channels: 3 });
  return stacked(picture, await rasterized(legendOf(picture, shares, classes)));
}

/**
 * Adds a bar below a heat map that shows its colours and the meaning of the dark and the bright end.
 *
 * @throws HmsaError when it is not an RGB picture
 */
export async function withScaleBar(picture: Pixels, low: string, high: string): Promise<Pixels> {
  checkPixels(picture, 'withScaleBar', { channels: 3 });
  return stacked(picture, await rasterized(scaleBarOf(picture, low, high)));
}

/** A drawing as RGB pixels. */
export async function rasterized({ svg, width, height }: Drawing): Promise<Pixels> {
  const data = await sharp(Buffer.from(svg)).removeAlpha().toColourspace('srgb').raw().toBuffer();
  return { data, width, height };
}
