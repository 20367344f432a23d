import { checkArgument } from '../../base/errors/index.js';
import type { Pixels } from '../../base/pixels/index.js';
import type { Rgb } from '../../data/index.js';

/**
 * Colours of a {@link heatmap} from 0 to 1, at equal distances: five of matplotlib's inferno, in which lightness only
 * increases.
 */
export const heatmapStops: readonly Rgb[] = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
];

/**
 * Values 0 … 1, such as attention, as an RGB picture from black through purple and orange to pale yellow. Larger values
 * are always brighter.
 *
 * @param values H·W
 * @throws HmsaError when there is not one number for each pixel
 */
export function heatmap(values: Float32Array, width: number, height: number): Pixels {
  const isSide = (side: unknown) => Number.isSafeInteger(side) && (side as number) >= 1;
  checkArgument(isSide(width), 'heatmap', 'a width in whole pixels', width);
  checkArgument(isSide(height), 'heatmap', 'a height in whole pixels', height);
  const isMap = values instanceof Float32Array && values.length === width * height;
  checkArgument(isMap, 'heatmap', `a Float32Array of ${width * height} numbers, ${width}×${height}`, values);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < values.length; i++) data.set(heat(values[i]!), i * 3);
  return { data, width, height };
}

function heat(value: number): Rgb {
  const position = Math.min(Math.max(value, 0), 1) * (heatmapStops.length - 1);
  const below = Math.min(Math.floor(position), heatmapStops.length - 2);
  const share = position - below;
  const channel = (c: 0 | 1 | 2) =>
    Math.round(heatmapStops[below]![c] * (1 - share) + heatmapStops[below + 1]![c] * share);
  return [channel(0), channel(1), channel(2)];
}
