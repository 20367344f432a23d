import type { Axis } from './axis.js';
import { addRows, resampleRow } from './weigh.js';

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
