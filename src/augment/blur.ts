import type { Picture } from './picture.js';

/** Rows that were blurred across, one row with its edges repeated, and one of sums; kept between calls. */
let scratch = new Float32Array(0);
let padded = new Float32Array(0);
let sums = new Float32Array(0);

/** A Gaussian blur with the given standard deviation in pixels, edges repeated, in place. */
export function blur({ image, width, height }: Picture, deviation: number): void {
  const radius = Math.ceil(2.5 * deviation);
  if (radius === 0) return;
  const kernel = gaussian(deviation, radius);
  const stride = width * 3;
  if (scratch.length < image.length) scratch = new Float32Array(image.length);
  if (padded.length < stride + 6 * radius) padded = new Float32Array(stride + 6 * radius);
  if (sums.length < stride) sums = new Float32Array(stride);
  const starts = new Int32Array(2 * radius + 1);
  for (let tap = 0; tap < starts.length; tap++) starts[tap] = 3 * tap;
  for (let row = 0; row < height; row++) {
    pad(image, row * stride, stride, radius);
    weigh(padded, starts, kernel, scratch, row * stride, stride);
  }
  for (let row = 0; row < height; row++) {
    for (let tap = 0; tap < starts.length; tap++) {
      starts[tap] = Math.max(0, Math.min(height - 1, row + tap - radius)) * stride;
    }
    weigh(scratch, starts, kernel, sums, 0, stride);
    for (let k = 0; k < stride; k++) image[row * stride + k] = sums[k]! + 0.5;
  }
}

/** Copies a row with its first and last pixel repeated. */
function pad(image: Uint8Array, first: number, stride: number, radius: number): void {
  const before = 3 * radius;
  for (let k = 0; k < before; k++) {
    padded[k] = image[first + (k % 3)]!;
    padded[before + stride + k] = image[first + stride - 3 + (k % 3)]!;
  }
  for (let k = 0; k < stride; k++) padded[before + k] = image[first + k]!;
}

/** Adds up stretches of a source, one for each tap, with the kernel's weights, which mirror each other. */
function weigh(
  source: Float32Array,
  starts: Int32Array,
  kernel: Float32Array,
  out: Float32Array,
  at: number,
  length: number,
): void {
  const middle = kernel.length >> 1;
  const last = kernel.length - 1;
  const start = starts[middle]!;
  for (let k = 0; k < length; k++) {
    let sum = kernel[middle]! * source[start + k]!;
    for (let tap = 0; tap < middle; tap++) {
      sum += kernel[tap]! * (source[starts[tap]! + k]! + source[starts[last - tap]! + k]!);
    }
    out[at + k] = sum;
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
