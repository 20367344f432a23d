import { bellQuantiles, type Generator, hash32 } from '../../base/random/index.js';
import type { Picture } from './picture.js';

/** Changes of the colours, in the order in which they are made. */
export interface ColorChange {
  /** Factor of the brightness; 1 leaves it. */
  readonly brightness: number;
  /** Factor of every value's distance from the mean brightness; 1 leaves it. */
  readonly contrast: number;
  /** Factor of the saturation; 1 leaves it. */
  readonly saturation: number;
  /** Angle by which the hue is rotated, in turns; 0 leaves it. */
  readonly hue: number;
}

/** Changes the colours in place, in two passes over the picture: one for its mean, one for all changes. */
export function recolor(picture: Picture, { brightness, contrast, saturation, hue }: ColorChange): void {
  const hasTone = brightness !== 1 || contrast !== 1;
  const curve = toneCurve(picture, brightness, contrast);
  if (saturation !== 1 || hue !== 0) shiftChroma(picture, curve, saturation, hue);
  else if (hasTone) applyCurve(picture, curve);
}

/** Weights of red, green and blue in the perceived brightness (ITU-R BT.601). */
const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * The curve, for values 0 … 255, of two changes: it multiplies the brightness by a factor, and then the distance from the
 * picture's mean brightness by another. Each change rounds and clamps. A factor of 1 makes no change.
 */
function toneCurve({ image }: Picture, brightness: number, contrast: number): Uint8ClampedArray {
  const curve = Uint8ClampedArray.from({ length: 256 }, (_, value) => brightness * value);
  if (contrast === 1) return curve;
  const mean = meanLuma(image, curve);
  return curve.map((value) => mean + contrast * (value - mean));
}

/** Applies a curve to every value, in place. */
function applyCurve({ image }: Picture, curve: Uint8ClampedArray): void {
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

/**
 * Applies a curve to every value, then scales the saturation by a factor and rotates the hue by an angle (in turns), in place.
 * This is a linear map of the colour around the grey axis in YIQ: it keeps the brightness, and greys do not change.
 */
function shiftChroma({ image }: Picture, curve: Uint8ClampedArray, saturation: number, hue: number): void {
  const matrix = chromaMatrix(saturation, hue);
  const clamped = new Uint8ClampedArray(image.buffer, image.byteOffset, image.length);
  const [rr, rg, rb, gr, gg, gb, br, bg, bb] = matrix as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let k = 0; k < image.length; k += 3) {
    const red = curve[image[k]!]!;
    const green = curve[image[k + 1]!]!;
    const blue = curve[image[k + 2]!]!;
    clamped[k] = rr * red + rg * green + rb * blue;
    clamped[k + 1] = gr * red + gg * green + gb * blue;
    clamped[k + 2] = br * red + bg * green + bb * blue;
  }
}

/** The matrix RGB → RGB, row-major: brightness plus scaled and rotated chroma. */
function chromaMatrix(saturation: number, hue: number): number[] {
  const angle = 2 * Math.PI * hue;
  const cos = saturation * Math.cos(angle);
  const sin = saturation * Math.sin(angle);
  // The chroma axes of YIQ (FCC 1953), and their contributions to red, green and blue.
  const inPhase = [0.5959, -0.2746, -0.3213];
  const quadrature = [0.2115, -0.5227, 0.3112];
  const back = [
    [0.956, 0.619],
    [-0.272, -0.647],
    [-1.106, 1.703],
  ];
  return back.flatMap(([fromI, fromQ]) =>
    LUMA.map((luma, j) => {
      const turnedI = cos * inPhase[j]! - sin * quadrature[j]!;
      const turnedQ = sin * inPhase[j]! + cos * quadrature[j]!;
      return luma + fromI! * turnedI + fromQ! * turnedQ;
    }),
  );
}

/** Adds independent, nearly Gaussian noise to every value, in place. The deviation is in grey levels. */
export function addNoise({ image }: Picture, deviation: number, random: Generator): void {
  const seed = random.word();
  const clamped = new Uint8ClampedArray(image.buffer, image.byteOffset, image.length);
  const noise = bellQuantiles(1024, deviation);
  // One hash serves a pixel, ten bits for each colour, because hashing takes most of the time.
  for (let k = 0, pixel = 0; k < clamped.length; k += 3, pixel++) {
    const bits = hash32(pixel ^ seed);
    clamped[k] = clamped[k]! + noise[bits & 1023]!;
    clamped[k + 1] = clamped[k + 1]! + noise[(bits >>> 10) & 1023]!;
    clamped[k + 2] = clamped[k + 2]! + noise[bits >>> 22]!;
  }
}
