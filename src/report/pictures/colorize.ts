import { checkArgument, HmsaError, isRecord, shown } from '../../base/errors/index.js';
import { checkColors, checkPixels, type Pixels } from '../../base/pixels.js';
import type { ClassMap, Rgb } from '../../data/index.js';

/**
 * A label map as an RGB picture in the colours of the classes. Pixels of no class are black.
 *
 * @param labels train ids, H·W
 * @throws HmsaError when the labels are not one byte for each pixel, or colours are missing
 */
export function colorize(
  labels: Uint8Array,
  width: number,
  height: number,
  classes: Pick<ClassMap, 'colors'>,
): Pixels {
  checkPixels({ data: labels, width, height }, 'colorize', { channels: 1 });
  const colors = isRecord(classes) ? classes.colors : undefined;
  const expected = 'classes with colours, such as model.classes';
  checkArgument(Array.isArray(colors), 'colorize', expected, classes);
  checkColors(colors, 'colorize');
  // Channel by channel in one array, because looking up a triple for each pixel takes several times as long.
  const palette = new Uint8Array(256 * 3);
  for (const [id, color] of colors.slice(0, 256).entries()) palette.set(color, id * 3);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0, at = 0; i < labels.length; i++) {
    const from = labels[i]! * 3;
    data[at++] = palette[from]!;
    data[at++] = palette[from + 1]!;
    data[at++] = palette[from + 2]!;
  }
  return { data, width, height };
}

/**
 * Blends the coloured labels over the photograph, with `opacity` 0 … 1.
 *
 * @throws HmsaError when they are not two RGB pictures of one size, or the opacity is out of range
 */
export function overlay(photo: Pixels, colored: Pixels, opacity = 0.5): Pixels {
  const remedy = 'Colour label maps with colorize.';
  for (const picture of [photo, colored]) checkPixels(picture, 'overlay', { channels: 3, remedy });
  if (photo.width !== colored.width || photo.height !== colored.height) {
    const size = ({ width, height }: Pixels) => `${width}×${height}`;
    throw new HmsaError({
      operation: 'overlay',
      expected: 'a photograph and coloured labels of its size',
      received: `${size(photo)} and ${size(colored)}`,
    });
  }
  if (!(typeof opacity === 'number' && opacity >= 0 && opacity <= 1)) {
    throw new HmsaError({
      operation: 'overlay',
      expected: 'an opacity from 0 to 1',
      received: shown(opacity),
    });
  }
  const data = new Uint8Array(photo.data.length);
  for (let i = 0; i < data.length; i++)
    data[i] = Math.round(photo.data[i]! * (1 - opacity) + colored.data[i]! * opacity);
  return { ...photo, data };
}

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
