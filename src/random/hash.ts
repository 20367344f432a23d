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
