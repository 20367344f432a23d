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
