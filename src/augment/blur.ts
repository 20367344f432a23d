import type { Picture } from './picture.js';

/** Rows that were blurred across and wait to be blurred down; kept between calls. */
let scratch = new Float32Array(0);

/** A Gaussian blur with the given standard deviation in pixels, edges repeated, in place. */
export function blur({ image, width, height }: Picture, deviation: number): void {
  const radius = Math.ceil(2.5 * deviation);
  if (radius === 0) return;
  const kernel = gaussian(deviation, radius);
  const stride = width * 3;
  if (scratch.length < image.length) scratch = new Float32Array(image.length);
  for (let row = 0; row < height; row++) {
    const first = row * stride;
    for (let k = 0; k < stride; k++) {
      let sum = kernel[radius]! * image[first + k]!;
      for (let step = 1; step <= radius; step++) {
        const channel = k % 3;
        const before = Math.max(channel, k - 3 * step);
        const after = Math.min(stride - 3 + channel, k + 3 * step);
        sum += kernel[radius + step]! * (image[first + before]! + image[first + after]!);
      }
      scratch[first + k] = sum;
    }
  }
  for (let row = 0; row < height; row++) {
    for (let k = 0; k < stride; k++) {
      let sum = kernel[radius]! * scratch[row * stride + k]! + 0.5;
      for (let step = 1; step <= radius; step++) {
        const above = Math.max(0, row - step) * stride;
        const below = Math.min(height - 1, row + step) * stride;
        sum += kernel[radius + step]! * (scratch[above + k]! + scratch[below + k]!);
      }
      image[row * stride + k] = sum;
    }
  }
}

/** Samples of the Gaussian from −radius to radius that add up to 1. */
function gaussian(deviation: number, radius: number): Float32Array {
  const kernel = new Float32Array(2 * radius + 1);
  let sum = 0;
  for (let i = -radius; i <= radius; i++) {
    kernel[i + radius] = Math.exp(-(i * i) / (2 * deviation * deviation));
    sum += kernel[i + radius]!;
  }
  return kernel.map((value) => value / sum);
}
