import type { Picture } from './picture.js';

/** Weights of red, green and blue in the brightness that the eye sees (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * What every value, 0 … 255, becomes when the brightness is multiplied by a factor and its distance from the
 * picture's mean brightness by another; rounded and clamped after each of them. A factor of 1 leaves it.
 */
export function toneCurve({ image }: Picture, brightness: number, contrast: number): Uint8ClampedArray {
  const curve = Uint8ClampedArray.from({ length: 256 }, (_, value) => brightness * value);
  if (contrast === 1) return curve;
  const mean = meanLuma(image, curve);
  return curve.map((value) => mean + contrast * (value - mean));
}

/** Takes every value to what the curve says, in place. */
export function applyCurve({ image }: Picture, curve: Uint8ClampedArray): void {
  for (let k = 0; k < image.length; k++) image[k] = curve[image[k]!]!;
}

/** The mean brightness of an image that goes through a curve. */
function meanLuma(image: Uint8Array, curve: Uint8ClampedArray): number {
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let k = 0; k < image.length; k += 3) {
    red += curve[image[k]!]!;
    green += curve[image[k + 1]!]!;
    blue += curve[image[k + 2]!]!;
  }
  return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue) / (image.length / 3);
}
