/**
 * A fast hash of 32 bits to 32 bits, for noise that needs a value for each pixel, where a {@link generator} would be too
 * slow. Its two multipliers were found by a search for the least bias. Take the key from a generator's `word()`.
 */
export function hash32(value: number): number {
  let x = value ^ (value >>> 16);
  x = Math.imul(x, 0x21f0aaad);
  x ^= x >>> 15;
  x = Math.imul(x, 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/**
 * Turns 32 random bits into a nearly normal number with mean 0 and standard deviation 1: the sum of their four bytes,
 * scaled. The result lies within ±3.45. Integer arithmetic and one division give the same number on every engine.
 */
export function bell(bits: number): number {
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return (sum - 510) / BELL_DEVIATION;
}

/** The standard deviation of the sum of four random bytes: √(4 · (256² − 1) / 12). */
const BELL_DEVIATION = 147.8;

/**
 * A table of `count` quantiles of {@link bell}, ascending, times a deviation. An index drawn uniformly gives a nearly normal
 * number. That takes fewer random bits, and less time, than the 32 bits of `bell`. The table is the same on every engine.
 */
export function bellQuantiles(count: number, deviation: number): Float64Array {
  const ways = waysToSum(4);
  const quantiles = new Float64Array(count);
  for (let i = 0, sum = 0, below = ways[0]!; i < count; i++) {
    while (below * count <= (i + 0.5) * 2 ** 32) below += ways[++sum]!;
    quantiles[i] = deviation * ((sum - 510) / BELL_DEVIATION);
  }
  return quantiles;
}

/** For each sum, the number of ways in which so many bytes add up to it. */
function waysToSum(bytes: number): number[] {
  let ways = [1];
  for (let byte = 0; byte < bytes; byte++) {
    let total = 0;
    ways = Array.from({ length: ways.length + 255 }, (_, sum) => {
      total += (ways[sum] ?? 0) - (ways[sum - 256] ?? 0);
      return total;
    });
  }
  return ways;
}
