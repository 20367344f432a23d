import type { Region } from '../region.js';
import type { MapPart } from '../scale-feeds.js';
import { onGrid } from './doubt.js';

/**
 * The map of a whole scale of which only parts were computed. Elsewhere it is that of the next lower scale, enlarged: then the
 * scale changes nothing there, however it is weighed against the lower one.
 *
 * @param parts with the rectangle, in pixels, of which each gives the cells whose centres lie in it
 * @param step pixels of a cell
 */
export function patched(
  lower: MapPart,
  [height, width]: readonly [height: number, width: number],
  parts: readonly { readonly map: MapPart; readonly own: Region }[],
  step: number,
): MapPart {
  const { channels } = lower;
  const enlarged = onGrid(lower, height, width);
  const data = enlarged === lower.data ? enlarged.slice() : enlarged;
  for (const { map, own } of parts) {
    const [top, bottom] = cellsIn(own.y, own.height, step, height);
    const [left, right] = cellsIn(own.x, own.width, step, width);
    for (let c = 0; c < channels; c++) {
      for (let y = top; y < bottom; y++) {
        const row = (c * map.rows.length + y - map.rows.start) * map.columns.length;
        const from = row + left - map.columns.start;
        data.set(map.data.subarray(from, from + right - left), (c * height + y) * width + left);
      }
    }
  }
  const all = (whole: number) => ({ whole, start: 0, length: whole });
  return { data, channels, rows: all(height), columns: all(width) };
}

/** The first cell whose centre lies in a stretch of pixels, and the one behind the last. */
function cellsIn(start: number, length: number, step: number, cells: number): [number, number] {
  const first = (place: number) => Math.min(cells, Math.max(0, Math.ceil(place / step - 0.5)));
  return [first(start), first(start + length)];
}
