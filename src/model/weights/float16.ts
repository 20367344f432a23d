import type { OwnFloats, OwnHalves } from '../../base/arrays.js';
import { checkArgument } from '../../base/errors/index.js';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Rounds float32 to the nearest float16, ties to even, and returns the raw 16 bits. 65520 and more becomes infinity. */
export function toFloat16(values: Float32Array): OwnHalves {
  checkArgument(values instanceof Float32Array, 'toFloat16', 'a Float32Array', values);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = float16Bits(values[i]!);
  return result;
}

/** Converts float16 numbers, given as their raw 16 bits, to float32. The conversion is exact. */
export function fromFloat16(values: Uint16Array): OwnFloats {
  checkArgument(values instanceof Uint16Array, 'fromFloat16', 'a Uint16Array', values);
  floats ??= Float32Array.from({ length: 2 ** 16 }, (_, half) => floatOf(half));
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = floats[values[i]!]!;
  return result;
}

/** Of each of the 2¹⁶ float16 numbers: a model has millions of weights. */
let floats: Float32Array | undefined;

function floatOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function float16Bits(value: number): number {
  float[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to 65520 or more
  if (magnitude < 0x38800000) {
    // Subnormal: a whole multiple of 2⁻²⁴, rounded to even.
    const scaled = Math.abs(value) * 2 ** 24;
    const floor = Math.floor(scaled);
    const rest = scaled - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}
