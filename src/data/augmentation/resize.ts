import type { Size } from '../index.js';
import { resamplingAxis } from './axis.js';
import { resampleImage } from './resample.js';

/**
 * Resizes RGB pixels, H·W·3: bilinear with half-pixel centres, with a wider filter when a side shrinks (antialias). Training
 * resizes photographs in the same way, so the network sees the same kind of pixels in prediction.
 */
export function resizeImage(image: Uint8Array, from: Size, to: Size): Uint8Array {
  const out = new Uint8Array(to.width * to.height * 3);
  const across = resamplingAxis(from.width, to.width, 0, to.width);
  const down = resamplingAxis(from.height, to.height, 0, to.height);
  resampleImage(image, from.width, across, down, out, to.width, 0);
  return out;
}
