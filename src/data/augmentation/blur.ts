import type { Picture } from './picture.js';

/** The mask of two values 0 … 255 in one number, 16 bits each. */
const BYTES = 0x00ff00ff;
/** One half of {@link UNIT} in both, for rounding. */
const HALVES = 0x00800080;
/** The sum of a kernel. Weighted sums of bytes stay below 2¹⁶, so that a number holds two of them. */
const UNIT = 256;

/**
 * A Gaussian blur with the given standard deviation in pixels, edges repeated, in place. It uses integers, first along rows and
 * then along columns, each rounded to whole grey levels. A uniform colour does not change.
 *
 * Two values are computed at once: a number holds value k of a row and value k + half a row. It uses all 32 bits, so `| 0` is
 * needed to keep the engine from treating it as a double.
 */
export function blur({ image, width, height }: Picture, deviation: number): void {
  const kernel = gaussian(deviation);
  const radius = kernel.length - 1;
  if (radius === 0) return;
  const stride = 3 * width;
  const half = Math.ceil(stride / 2);
  // The last rows that were blurred across, each in its place modulo their number.
  const rows = Array.from({ length: 2 * radius + 1 }, () => new Int32Array(half));
  const row = (y: number) => rows[Math.max(0, Math.min(height - 1, y)) % rows.length]!;
  const padded = new Uint8Array(2 * half + 6 * radius);
  const pairs = new Int32Array(half + 6 * radius);
  const sums = new Int32Array(half);
  for (let y = 0, next = 0; y < height; y++) {
    for (; next < height && next <= y + radius; next++) {
      pad(image.subarray(next * stride, (next + 1) * stride), padded, radius);
      for (let k = 0; k < pairs.length; k++) pairs[k] = padded[k]! | (padded[k + half]! << 16);
      blurAcross(pairs, kernel, row(next));
    }
    weigh(row(y), kernel[0]!, sums);
    for (let tap = 1; tap <= radius; tap++) addWeighed(row(y - tap), row(y + tap), kernel[tap]!, sums);
    const out = image.subarray(y * stride, (y + 1) * stride);
    for (let k = 0; k < half; k++) out[k] = sums[k]! >>> 8;
    for (let k = half; k < stride; k++) out[k] = sums[k - half]! >>> 24;
  }
}

/** Copies a row with its first and last pixel repeated. */
function pad(row: Uint8Array, padded: Uint8Array, radius: number): void {
  for (let pixel = 0; pixel < radius; pixel++) padded.set(row.subarray(0, 3), 3 * pixel);
  padded.set(row, 3 * radius);
  for (let k = 3 * radius + row.length; k < padded.length; k++) padded[k] = padded[k - 3]!;
}

function blurAcross(pairs: Int32Array, kernel: Int32Array, out: Int32Array): void {
  const middle = kernel[0]!;
  const start = 3 * (kernel.length - 1);
  for (let k = 0; k < out.length; k++) {
    let sum = (Math.imul(middle, pairs[start + k]!) + HALVES) | 0;
    for (let tap = 1, reach = 3; tap < kernel.length; tap++, reach += 3) {
      sum = (sum + Math.imul(kernel[tap]!, pairs[start + k - reach]! + pairs[start + k + reach]!)) | 0;
    }
    out[k] = (sum >>> 8) & BYTES;
  }
}

function weigh(row: Int32Array, weight: number, sums: Int32Array): void {
  for (let k = 0; k < sums.length; k++) sums[k] = (Math.imul(weight, row[k]!) + HALVES) | 0;
}

function addWeighed(before: Int32Array, after: Int32Array, weight: number, sums: Int32Array): void {
  for (let k = 0; k < sums.length; k++) {
    sums[k] = (sums[k]! + Math.imul(weight, before[k]! + after[k]!)) | 0;
  }
}

/** The middle and one side of a Gaussian, as integers that sum (with the other side) to {@link UNIT}, up to the last above 0. */
function gaussian(deviation: number): Int32Array {
  const radius = Math.ceil(2.5 * deviation);
  const side = Array.from({ length: radius }, (_, i) => Math.exp(-((i + 1) ** 2) / (2 * deviation ** 2)));
  const total = side.reduce((sum, value) => sum + 2 * value, 1);
  const weights = side.map((value) => Math.round((UNIT * value) / total)).filter((weight) => weight > 0);
  const middle = UNIT - 2 * weights.reduce((sum, weight) => sum + weight, 0);
  return Int32Array.of(middle, ...weights);
}
