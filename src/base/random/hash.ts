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
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24);
  return (sum - 510) / BELL_DEVIATION;
}

/** The standard deviation of four bytes' sum: the root of 4 · (256² − 1) / 12. */
const BELL_DEVIATION = 147.8;

/**
 * A table of {@link bell}: `count` equally likely values in ascending order, times a deviation. A uniform index into it draws
 * a nearly normal number from fewer than 32 bits, which is faster. Equal on every engine.
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

/** In how many ways so many bytes make each sum. */
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
