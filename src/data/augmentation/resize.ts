import type { Size } from '../index.js';
import { resamplingAxis } from './axis.js';
import { resampleImage } from './resample.js';

/**
 * RGB pixels, H·W·3, at another size: bilinear with half-pixel centres, the filter widened where a side shrinks
 * (antialias). It is how training resizes its photographs, so that a network sees what it has learned from.
 */
export function resizeImage(image: Uint8Array, from: Size, to: Size): Uint8Array {
  const out = new Uint8Array(to.width * to.height * 3);
  const across = resamplingAxis(from.width, to.width, 0, to.width);
  const down = resamplingAxis(from.height, to.height, 0, to.height);
  resampleImage(image, from.width, across, down, out, to.width, 0);
  return out;
}
