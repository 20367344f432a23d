/**
 * A fast hash of 32 bits to 32 bits (two multiplications, found by search for the least bias), for noise with a
 * value per pixel, where a {@link generator} would be too slow. Take its key from a generator's `word()`.
 */
export function hash32(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x21f0aaad);
  x ^= x >>> 15;
  x = Math.imul(x, 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/**
 * 32 random bits as a nearly normal number of mean 0 and standard deviation 1: the sum of their four bytes. Never
 * beyond ±3.45; integer arithmetic and one division, so equal on every engine.
 */
export function bell(bits: number): number {
  return (byteSum(bits) - 510) / BELL_DEVIATION;
}

/** `deviation · bell(bits)` at the index {@link byteSum} of the bits: where there is a number to draw for each pixel. */
export function bellTable(deviation: number): Float64Array {
  return Float64Array.from({ length: 4 * 255 + 1 }, (_, sum) => deviation * ((sum - 510) / BELL_DEVIATION));
}

/** The sum of the four bytes, 0 … 1020. */
export function byteSum(bits: number): number {
  return (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
}

/** The standard deviation of four bytes' sum: the root of 4 · (256² − 1) / 12. */
const BELL_DEVIATION = 147.8;
