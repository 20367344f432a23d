import type { Picture } from './picture.js';

/** Weights of red, green and blue in the brightness that the eye sees (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const;

/** Multiplies the brightness by a factor, in place. */
export function scaleBrightness({ image }: Picture, factor: number): void {
  applyCurve(image, (value) => factor * value);
}

/** Moves every value away from (factor > 1) or towards (factor < 1) the picture's mean brightness, in place. */
export function scaleContrast({ image }: Picture, factor: number): void {
  const mean = meanLuma(image);
  applyCurve(image, (value) => mean + factor * (value - mean));
}

function meanLuma(image: Uint8Array): number {
  const sums = [0, 0, 0];
  for (let k = 0; k < image.length; k += 3) {
    sums[0]! += image[k]!;
    sums[1]! += image[k + 1]!;
    sums[2]! += image[k + 2]!;
  }
  const pixels = image.length / 3;
  return (LUMA[0] * sums[0]! + LUMA[1] * sums[1]! + LUMA[2] * sums[2]!) / pixels;
}

function applyCurve(image: Uint8Array, curve: (value: number) => number): void {
  const table = new Uint8ClampedArray(256);
  for (let value = 0; value < 256; value++) table[value] = curve(value);
  for (let k = 0; k < image.length; k++) image[k] = table[image[k]!]!;
}
