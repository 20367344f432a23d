/** What is kept of a photograph to find near-duplicates: 16 × 16 mean brightnesses. */
export interface Fingerprint {
  /** 256 values, 0 … 255, row-major. */
  readonly brightness: Uint8Array;
  /** 64 bits, one for each of 8 × 8 cells: whether it is brighter than its right neighbour (a difference hash). */
  readonly bits: readonly [high: number, low: number];
}

const SIDE = 16;

/** @param image RGB, H·W·3 */
export function fingerprintOf(image: Uint8Array, width: number, height: number): Fingerprint {
  const sums = new Float64Array(SIDE * SIDE);
  const counts = new Float64Array(SIDE * SIDE);
  const columns = Uint8Array.from({ length: width }, (_, x) => Math.floor((x * SIDE) / width));
  // Every pixel belongs to one cell. An image smaller than the grid repeats its pixels.
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * SIDE) / height) * SIDE;
    for (let x = 0, at = y * width * 3; x < width; x++, at += 3) {
      const cell = row + columns[x]!;
      // Rec. 601 luma in thousandths.
      sums[cell]! += 299 * image[at]! + 587 * image[at + 1]! + 114 * image[at + 2]!;
      counts[cell]! += 1000;
    }
  }
  const brightness = new Uint8Array(SIDE * SIDE);
  for (let cell = 0; cell < brightness.length; cell++) {
    brightness[cell] = counts[cell] === 0 ? (brightness[cell - 1] ?? 0) : sums[cell]! / counts[cell]!;
  }
  return { brightness, bits: differenceHash(brightness) };
}

function differenceHash(brightness: Uint8Array): [number, number] {
  const words: [number, number] = [0, 0];
  for (let bit = 0; bit < 64; bit++) {
    const at = (bit >> 3) * 2 * SIDE + (bit & 7) * 2;
    // Each bit compares 2 × 2 cells with the 2 × 2 to their right; the last column, with those to its left.
    const right = (bit & 7) === 7 ? at - 2 : at + 2;
    if (blockSum(brightness, at) > blockSum(brightness, right)) words[bit >> 5]! |= 1 << (bit & 31);
  }
  return [words[0] >>> 0, words[1] >>> 0];
}

function blockSum(brightness: Uint8Array, at: number): number {
  return brightness[at]! + brightness[at + 1]! + brightness[at + SIDE]! + brightness[at + SIDE + 1]!;
}

/**
 * How similar two photographs are: `same` if they are one picture except for compression, size or a little brightness,
 * `near` if they could be neighbouring frames of a slow video, otherwise undefined.
 *
 * Pictures are near if at most 6 of 64 bits differ and, because flat pictures may share their bits by chance, the
 * brightnesses correlate above 0.99 and differ by at most 8 grey levels on average. On street videos, other frames stay
 * below a correlation of 0.9994, and JPEG, half size and WebP keep the same frame above 0.9995.
 */
export function likeness(a: Fingerprint, b: Fingerprint): 'same' | 'near' | undefined {
  if (bitCount(a.bits[0] ^ b.bits[0]) + bitCount(a.bits[1] ^ b.bits[1]) > 6) return undefined;
  if (meanDifference(a.brightness, b.brightness) > 8) return undefined;
  const value = correlation(a.brightness, b.brightness);
  return value > 0.9995 ? 'same' : value > 0.99 ? 'near' : undefined;
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return sum / a.length;
}

function correlation(a: Uint8Array, b: Uint8Array): number {
  const meanA = a.reduce((sum, value) => sum + value, 0) / a.length;
  const meanB = b.reduce((sum, value) => sum + value, 0) / b.length;
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - meanA) * (b[i]! - meanB);
    aa += (a[i]! - meanA) ** 2;
    bb += (b[i]! - meanB) ** 2;
  }
  // Two pictures of one colour each differ only in their brightness.
  return aa === 0 && bb === 0 ? 1 : ab / Math.sqrt(aa * bb || 1);
}
