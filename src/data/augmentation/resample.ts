import type { Size } from '../index.js';

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

/**
 * Resamples RGB along rows and then along columns into `out`, from pixel `offset` on. It uses integers with enough bits that
 * the result hardly ever differs from that of exact arithmetic.
 */
export function resampleImage(
  image: Uint8Array,
  width: number,
  across: Axis,
  down: Axis,
  out: Uint8Array,
  outWidth: number,
  offset: number,
): void {
  const { taps, start, weights } = down;
  const stride = 3 * across.length;
  // The last rows that were resampled across, each in its place modulo their number.
  const rows = Array.from({ length: taps }, () => new Uint16Array(stride));
  for (let y = 0, next = 0; y < down.length; y++) {
    const first = start[y]!;
    for (next = Math.max(next, first); next < first + taps; next++) {
      resampleRow(image.subarray(3 * next * width, 3 * (next + 1) * width), across, rows[next % taps]!);
    }
    const sources = rows.map((_, tap) => rows[(first + tap) % taps]!);
    const target = 3 * (offset + y * outWidth);
    addRows(sources, weights.subarray(y * taps, (y + 1) * taps), out.subarray(target, target + stride));
  }
}

/** Takes the nearest label for each output pixel, so no new label appears. */
export function resampleLabel(
  label: Uint8Array,
  width: number,
  across: Axis,
  down: Axis,
  out: Uint8Array,
  outWidth: number,
  offset: number,
): void {
  for (let y = 0; y < down.length; y++) {
    const source = down.nearest[y]! * width;
    const target = offset + y * outWidth;
    for (let x = 0; x < across.length; x++) out[target + x] = label[source + across.nearest[x]!]!;
  }
}

/** The weights with which each output position along one side sums up input positions. */
export interface Axis {
  /** Number of output positions. */
  readonly length: number;
  /** Number of input positions for each of them, from `start` on. */
  readonly taps: number;
  readonly start: Int32Array;
  /** `length` × `taps` weights. Each row sums to {@link UNIT}. */
  readonly weights: Int32Array;
  /** The nearest input position of each output position. */
  readonly nearest: Int32Array;
}

/** The sum of the weights of an output position. */
export const UNIT = 2 ** 15;

/**
 * Positions `first … first + length − 1` of a side resampled from `from` to `to` pixels, half-pixel centres: a
 * triangle filter of half-width 1 input pixel, or of `from / to` when that is more.
 *
 * @param origin the input position that has index 0
 */
export function resamplingAxis(from: number, to: number, first: number, length: number, origin = 0): Axis {
  const ratio = from / to;
  const support = Math.max(1, ratio);
  const taps = tapsFor(from, support);
  const start = new Int32Array(length);
  const nearest = new Int32Array(length);
  const weights = new Int32Array(length * taps);
  for (let i = 0; i < length; i++) {
    const center = (first + i + 0.5) * ratio - 0.5;
    const begin = Math.max(0, Math.min(from - taps, Math.floor(center - support) + 1));
    start[i] = begin - origin;
    nearest[i] = Math.min(from - 1, Math.floor((first + i + 0.5) * ratio)) - origin;
    weighTaps(weights, i * taps, taps, begin - center, support);
  }
  return { length, taps, start, weights, nearest };
}

/** The input positions that {@link resamplingAxis} needs. */
export function neededSpan(
  from: number,
  to: number,
  first: number,
  length: number,
): { readonly first: number; readonly length: number } {
  const begin = resamplingAxis(from, to, first, 1);
  const end = resamplingAxis(from, to, first + length - 1, 1);
  return { first: begin.start[0]!, length: end.start[0]! + end.taps - begin.start[0]! };
}

/** The most whole positions strictly inside an interval of twice the support. 3 is rounded up to 4, which is faster. */
function tapsFor(from: number, support: number): number {
  const taps = Math.ceil(2 * support);
  return Math.min(from, taps === 3 ? 4 : taps);
}

/** Writes the values of the triangle at `distance`, `distance + 1`, … from its middle, as integers that sum to {@link UNIT}. */
function weighTaps(weights: Int32Array, at: number, taps: number, distance: number, support: number): void {
  const triangle = (tap: number) => Math.max(0, 1 - Math.abs(distance + tap) / support);
  let total = 0;
  for (let tap = 0; tap < taps; tap++) total += triangle(tap);
  let passed = 0;
  let given = 0;
  for (let tap = 0; tap < taps; tap++) {
    // Each rounding error is carried to the next weight, so the sum is exact.
    passed += triangle(tap);
    const weight = Math.round((UNIT * passed) / total) - given;
    weights[at + tap] = weight;
    given += weight;
  }
}

/**
 * The inner loops of resampling. Between the two passes a value keeps 8 bits of fraction, so it has 16 bits, and a sum weighted
 * by {@link UNIT} just fits into 31. The cases of two and four taps, the only ones for factors of 0.5 and more, are written out
 * for each colour: loops took up to a third more time.
 */

const FRACTION_BITS = 8;
const UNIT_BITS = Math.log2(UNIT);
const ACROSS_BITS = UNIT_BITS - FRACTION_BITS;
const DOWN_BITS = UNIT_BITS + FRACTION_BITS;
/** One half, for rounding. */
const ACROSS_HALF = 2 ** (ACROSS_BITS - 1);
const DOWN_HALF = 2 ** (DOWN_BITS - 1);

/** Resamples a row of RGB. */
function resampleRow(source: Uint8Array, axis: Axis, out: Uint16Array): void {
  if (axis.taps === 2) resampleTwo(source, axis, out);
  else if (axis.taps === 4) resampleFour(source, axis, out);
  else resampleAny(source, axis, out);
}

/** Computes the weighted sum of rows. */
function addRows(rows: readonly Uint16Array[], weights: Int32Array, out: Uint8Array): void {
  if (rows.length === 2) addTwo(rows[0]!, rows[1]!, weights, out);
  else if (rows.length === 4) addFour(rows[0]!, rows[1]!, rows[2]!, rows[3]!, weights, out);
  else addAny(rows, weights, out);
}

function resampleTwo(source: Uint8Array, { length, start, weights }: Axis, out: Uint16Array): void {
  for (let x = 0, at = 0; x < length; x++, at += 3) {
    const a = weights[2 * x]!;
    const b = weights[2 * x + 1]!;
    const k = 3 * start[x]!;
    const red = Math.imul(a, source[k]!) + Math.imul(b, source[k + 3]!);
    const green = Math.imul(a, source[k + 1]!) + Math.imul(b, source[k + 4]!);
    const blue = Math.imul(a, source[k + 2]!) + Math.imul(b, source[k + 5]!);
    out[at] = (red + ACROSS_HALF) >>> ACROSS_BITS;
    out[at + 1] = (green + ACROSS_HALF) >>> ACROSS_BITS;
    out[at + 2] = (blue + ACROSS_HALF) >>> ACROSS_BITS;
  }
}

function resampleFour(source: Uint8Array, { length, start, weights }: Axis, out: Uint16Array): void {
  for (let x = 0, at = 0; x < length; x++, at += 3) {
    const a = weights[4 * x]!;
    const b = weights[4 * x + 1]!;
    const c = weights[4 * x + 2]!;
    const d = weights[4 * x + 3]!;
    const k = 3 * start[x]!;
    const red = Math.imul(a, source[k]!) + Math.imul(b, source[k + 3]!);
    const green = Math.imul(a, source[k + 1]!) + Math.imul(b, source[k + 4]!);
    const blue = Math.imul(a, source[k + 2]!) + Math.imul(b, source[k + 5]!);
    const farRed = Math.imul(c, source[k + 6]!) + Math.imul(d, source[k + 9]!);
    const farGreen = Math.imul(c, source[k + 7]!) + Math.imul(d, source[k + 10]!);
    const farBlue = Math.imul(c, source[k + 8]!) + Math.imul(d, source[k + 11]!);
    out[at] = (red + farRed + ACROSS_HALF) >>> ACROSS_BITS;
    out[at + 1] = (green + farGreen + ACROSS_HALF) >>> ACROSS_BITS;
    out[at + 2] = (blue + farBlue + ACROSS_HALF) >>> ACROSS_BITS;
  }
}

function resampleAny(source: Uint8Array, { length, taps, start, weights }: Axis, out: Uint16Array): void {
  for (let at = 0; at < 3 * length; at++) {
    const x = Math.floor(at / 3);
    let sum = ACROSS_HALF;
    for (let tap = 0, k = 3 * start[x]! + (at % 3); tap < taps; tap++, k += 3) {
      sum += Math.imul(weights[x * taps + tap]!, source[k]!);
    }
    out[at] = sum >>> ACROSS_BITS;
  }
}

function addTwo(a: Uint16Array, b: Uint16Array, weights: Int32Array, out: Uint8Array): void {
  const [wa, wb] = weights as unknown as [number, number];
  for (let k = 0; k < out.length; k++) {
    out[k] = (Math.imul(wa, a[k]!) + Math.imul(wb, b[k]!) + DOWN_HALF) >>> DOWN_BITS;
  }
}

function addFour(
  a: Uint16Array,
  b: Uint16Array,
  c: Uint16Array,
  d: Uint16Array,
  weights: Int32Array,
  out: Uint8Array,
): void {
  const [wa, wb, wc, wd] = weights as unknown as [number, number, number, number];
  for (let k = 0; k < out.length; k++) {
    const near = Math.imul(wb, b[k]!) + Math.imul(wc, c[k]!);
    const sum = near + Math.imul(wa, a[k]!) + Math.imul(wd, d[k]!);
    out[k] = (sum + DOWN_HALF) >>> DOWN_BITS;
  }
}

function addAny(rows: readonly Uint16Array[], weights: Int32Array, out: Uint8Array): void {
  for (let k = 0; k < out.length; k++) {
    let sum = DOWN_HALF;
    for (let tap = 0; tap < rows.length; tap++) sum += Math.imul(weights[tap]!, rows[tap]![k]!);
    out[k] = sum >>> DOWN_BITS;
  }
}
