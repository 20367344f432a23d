import type { Stretch } from '../../engine/passes/index.js';
import type { MapPart } from '../scale-feeds.js';
import { onGrid } from './doubt.js';

/** The map of a tile, and where it counts: wholly in `own`, in pixels, and less and less up to `fade` pixels beyond. */
export interface PaintedPart {
  readonly map: MapPart;
  readonly own: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

/**
 * The map of a whole scale of which only parts were computed. Elsewhere it is that of the next lower scale, enlarged: then the
 * scale changes nothing there, however it is weighed against the lower one.
 *
 * @param step pixels of a cell
 */
export function blended(
  lower: MapPart,
  [height, width]: readonly [height: number, width: number],
  parts: readonly PaintedPart[],
  step: number,
  fade: number,
): MapPart {
  const { channels } = lower;
  const cells = height * width;
  const enlarged = onGrid(lower, height, width);
  const sums = enlarged === lower.data ? enlarged.slice() : enlarged;
  const shares = new Float32Array(cells);
  const rises = parts.map(({ map: { rows, columns }, own }) => ({
    down: rise(rows, own.y, own.height, step, fade),
    across: rise(columns, own.x, own.width, step, fade),
  }));
  parts.forEach(({ map: { rows, columns } }, i) => {
    const { down, across } = rises[i]!;
    for (let y = 0; y < rows.length; y++) {
      const to = (rows.start + y) * width + columns.start;
      for (let x = 0; x < columns.length; x++) shares[to + x]! += down[y]! * across[x]!;
    }
  });
  // What lies below counts as much as the parts leave.
  for (let i = 0; i < cells; i++) {
    const rest = Math.max(0, 1 - shares[i]!);
    if (rest < 1) for (let c = 0, at = i; c < channels; c++, at += cells) sums[at]! *= rest;
  }
  parts.forEach(({ map: { data, rows, columns } }, i) => {
    const { down, across } = rises[i]!;
    for (let y = 0; y < rows.length; y++) {
      for (let x = 0; x < columns.length; x++) {
        const share = down[y]! * across[x]!;
        if (share === 0) continue;
        const to = (rows.start + y) * width + columns.start + x;
        const scaled = share / Math.max(1, shares[to]!);
        let from = y * columns.length + x;
        for (let c = 0, at = to; c < channels; c++, at += cells, from += rows.length * columns.length) {
          sums[at]! += scaled * data[from]!;
        }
      }
    }
  });
  return { data: sums, channels, rows: all(height), columns: all(width) };
}

function rise(
  { start, length }: Stretch,
  own: number,
  ownLength: number,
  step: number,
  fade: number,
): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const place = (start + i + 0.5) * step;
    const beyond = Math.max(own - place, place - (own + ownLength));
    if (beyond <= 0) return 1;
    return fade > 0 ? Math.max(0, 1 - beyond / fade) : 0;
  });
}

const all = (whole: number): Stretch => ({ whole, start: 0, length: whole });
