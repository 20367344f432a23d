/**
 * The inner loops of resampling. Between the two passes a value keeps 8 bits of fraction, so it has 16 bits, and a sum weighted
 * by {@link UNIT} just fits into 31. The cases of two and four taps, the only ones for factors of 0.5 and more, are written out
 * for each colour: loops took up to a third more time.
 */
import { type Axis, UNIT } from './axis.js';

const FRACTION_BITS = 8;
const UNIT_BITS = Math.log2(UNIT);
const ACROSS_BITS = UNIT_BITS - FRACTION_BITS;
const DOWN_BITS = UNIT_BITS + FRACTION_BITS;
/** One half, for rounding. */
const ACROSS_HALF = 2 ** (ACROSS_BITS - 1);
const DOWN_HALF = 2 ** (DOWN_BITS - 1);

/** Resamples a row of RGB. */
export function resampleRow(source: Uint8Array, axis: Axis, out: Uint16Array): void {
  if (axis.taps === 2) resampleTwo(source, axis, out);
  else if (axis.taps === 4) resampleFour(source, axis, out);
  else resampleAny(source, axis, out);
}

/** Computes the weighted sum of rows. */
export function addRows(rows: readonly Uint16Array[], weights: Int32Array, out: Uint8Array): void {
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
