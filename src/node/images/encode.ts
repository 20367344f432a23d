import sharp, { type Sharp } from 'sharp';
import { HmsaError } from '../../errors/index.js';

/** Pixels to encode: one channel (a label map) or three (RGB), which the length of the data tells. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A PNG file: 8-bit grey for one channel, so that a label map's values are its bytes, RGB for three. */
export async function encodePng(pixels: Pixels): Promise<Uint8Array> {
  const image = raw(pixels);
  const isLabels = pixels.data.length === pixels.width * pixels.height;
  return image
    .toColourspace(isLabels ? 'b-w' : 'srgb')
    .png({ compressionLevel: 6 })
    .toBuffer();
}

/** A JPEG file of an RGB image; quality 1 … 100. */
export async function encodeJpeg(pixels: Pixels, quality = 85): Promise<Uint8Array> {
  return raw(pixels).jpeg({ quality }).toBuffer();
}

/** The image resized to a width, its height in proportion; RGB by averaging, label maps by nearest pixel. */
export async function resizeToWidth(pixels: Pixels, width: number): Promise<Pixels> {
  const isLabels = pixels.data.length === pixels.width * pixels.height;
  const height = Math.max(1, Math.round((pixels.height * width) / pixels.width));
  const data = await raw(pixels)
    .resize(width, height, { fit: 'fill', kernel: isLabels ? 'nearest' : 'lanczos3' })
    .toColourspace(isLabels ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();
  return { data, width, height };
}

function raw({ data, width, height }: Pixels): Sharp {
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 3) {
    throw new HmsaError({
      operation: 'encode image',
      expected: `${width}×${height} pixels of 1 or 3 channels`,
      received: `${data.length} bytes`,
    });
  }
  return sharp(data, { raw: { width, height, channels } });
}
