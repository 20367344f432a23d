import type { Picture } from './picture.js';
import { LUMA } from './tone.js';

/**
 * Applies a curve to every value, then scales the saturation by a factor and rotates the hue by an angle (in turns), in place.
 * This is a linear map of the colour around the grey axis in YIQ: it keeps the brightness, and greys do not change.
 */
export function shiftChroma(
  { image }: Picture,
  curve: Uint8ClampedArray,
  saturation: number,
  hue: number,
): void {
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
