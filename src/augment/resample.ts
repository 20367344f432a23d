/** How each output position along one side is made from the input: taps from `start`, `taps` of them. */
export interface Axis {
  readonly length: number;
  readonly taps: number;
  readonly start: Int32Array;
  /** `length` × `taps`, each row adding up to 1. */
  readonly weights: Float32Array;
  readonly nearest: Int32Array;
}

/**
 * Positions `first … first + length − 1` of a side resampled from `from` to `to` pixels, half-pixel centres: a
 * triangle filter of half-width 1 input pixel, or of `from / to` when that is more.
 */
export function resamplingAxis(from: number, to: number, first: number, length: number): Axis {
  const ratio = from / to;
  const support = Math.max(1, ratio);
  // No more whole positions lie strictly inside an interval of twice the support.
  const taps = Math.min(from, Math.ceil(2 * support));
  const start = new Int32Array(length);
  const nearest = new Int32Array(length);
  const weights = new Float32Array(length * taps);
  for (let i = 0; i < length; i++) {
    const center = (first + i + 0.5) * ratio - 0.5;
    const begin = Math.max(0, Math.min(from - taps, Math.floor(center - support) + 1));
    start[i] = begin;
    nearest[i] = Math.min(from - 1, Math.floor((first + i + 0.5) * ratio));
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      sum += Math.max(0, 1 - Math.abs(begin + tap - center) / support);
    }
    for (let tap = 0; tap < taps; tap++) {
      weights[i * taps + tap] = Math.max(0, 1 - Math.abs(begin + tap - center) / support) / sum;
    }
  }
  return { length, taps, start, weights, nearest };
}

/** Rows that were resampled across, and one row of sums over them; kept between calls. */
let scratch = new Float32Array(0);
let sums = new Float32Array(0);

/** Resamples RGB across and then down into `out`, from pixel `offset` on. */
export function resampleImage(
  image: Uint8Array,
  width: number,
  across: Axis,
  down: Axis,
  out: Uint8Array,
  outWidth: number,
  offset: number,
): void {
  if (across.length <= 0 || down.length <= 0) return;
  const firstRow = down.start[0]!;
  const rows = down.start[down.length - 1]! + down.taps - firstRow;
  const stride = across.length * 3;
  if (scratch.length < rows * stride) scratch = new Float32Array(rows * stride);
  const { taps, start, weights } = across;
  for (let row = 0; row < rows; row++) {
    const source = (firstRow + row) * width * 3;
    for (let x = 0; x < across.length; x++) {
      let k = source + start[x]! * 3;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let tap = x * taps; tap < (x + 1) * taps; tap++) {
        const weight = weights[tap]!;
        red += weight * image[k]!;
        green += weight * image[k + 1]!;
        blue += weight * image[k + 2]!;
        k += 3;
      }
      const at = row * stride + x * 3;
      scratch[at] = red;
      scratch[at + 1] = green;
      scratch[at + 2] = blue;
    }
  }
  if (sums.length < stride) sums = new Float32Array(stride);
  for (let y = 0; y < down.length; y++) {
    const first = (down.start[y]! - firstRow) * stride;
    const target = (offset + y * outWidth) * 3;
    // A tap at a time, over memory that lies together.
    sums.fill(0.5, 0, stride);
    for (let tap = 0; tap < down.taps; tap++) {
      const weight = down.weights[y * down.taps + tap]!;
      if (weight === 0) continue;
      const source = first + tap * stride;
      for (let k = 0; k < stride; k++) sums[k] = sums[k]! + weight * scratch[source + k]!;
    }
    for (let k = 0; k < stride; k++) out[target + k] = sums[k]!;
  }
}

/** Takes the nearest label for each output pixel: no label is ever made that was not there. */
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
