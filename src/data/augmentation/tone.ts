import type { Picture } from './picture.js';

/** Weights of red, green and blue in the perceived brightness (ITU-R BT.601). */
export const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The curve, for values 0 … 255, of two changes: it multiplies the brightness by a factor, and then the distance from the
 * picture's mean brightness by another. Each change rounds and clamps. A factor of 1 makes no change.
 */
export function toneCurve({ image }: Picture, brightness: number, contrast: number): Uint8ClampedArray {
  const curve = Uint8ClampedArray.from({ length: 256 }, (_, value) => brightness * value);
  if (contrast === 1) return curve;
  const mean = meanLuma(image, curve);
  return curve.map((value) => mean + contrast * (value - mean));
}

/** Applies a curve to every value, in place. */
export function applyCurve({ image }: Picture, curve: Uint8ClampedArray): void {
  for (let k = 0; k < image.length; k++) image[k] = curve[image[k]!]!;
}

/** The mean brightness of an image after a curve is applied to it. */
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
