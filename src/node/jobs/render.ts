import { checkArgument, HmsaError, shown } from '../../base/errors/index.js';
import type { ClassMap } from '../../data/index.js';
import { checkColors } from '../arguments/index.js';
import { checkedPixels, type Pixels } from '../images/index.js';

/**
 * Label maps as pictures in the classes' colours; black for what is no class.
 *
 * @throws HmsaError when the labels are not one byte for each pixel, or there are no colours
 */
export function colorize(
  labels: Uint8Array,
  width: number,
  height: number,
  classes: Pick<ClassMap, 'colors'>,
): Pixels {
  checkedPixels({ data: labels, width, height }, 'colorize');
  const colors = classes?.colors;
  if (labels.length !== width * height || !Array.isArray(colors)) {
    throw new HmsaError({
      operation: 'colorize',
      expected: 'one label for each pixel, and classes with colours such as model.classes',
      received: Array.isArray(colors)
        ? `${labels.length} labels for ${width}×${height}`
        : `classes without colours`,
    });
  }
  checkColors(colors, 'colorize');
  // Channel by channel in one array: a look-up of each pixel's triple takes several times as long.
  const palette = new Uint8Array(256 * 3);
  for (const [id, color] of colors.entries()) palette.set(color, id * 3);
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
 * The coloured labels laid over the photograph, `opacity` 0 … 1.
 *
 * @throws HmsaError when they are not two RGB pictures of one size, or the opacity is none
 */
export function overlay(photo: Pixels, colored: Pixels, opacity = 0.5): Pixels {
  const [one, other] = [photo, colored].map((picture) => checkedPixels(picture, 'overlay'));
  if (one!.width !== other!.width || one!.data.length !== other!.data.length) {
    const size = ({ width, height, data }: Pixels) => `${width}×${height} of ${data.length} bytes`;
    throw new HmsaError({
      operation: 'overlay',
      expected: 'a photograph and coloured labels of its size, both RGB',
      received: `${size(one!)} and ${size(other!)}`,
      remedy: 'Colour label maps with colorize.',
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
 * Attention 0 … 1 as a picture from black over purple and orange to pale yellow, dark to bright throughout.
 *
 * @throws HmsaError when it is not one number for each pixel
 */
export function heatmap(values: Float32Array, width: number, height: number): Pixels {
  const isSide = (side: unknown) => Number.isSafeInteger(side) && (side as number) >= 1;
  checkArgument(isSide(width), 'heatmap', 'a width in whole pixels', width);
  checkArgument(isSide(height), 'heatmap', 'a height in whole pixels', height);
  if (!(values instanceof Float32Array) || values.length !== width * height) {
    throw new HmsaError({
      operation: 'heatmap',
      expected: `a Float32Array of ${width}×${height} numbers`,
      received: `${values?.length} of them`,
    });
  }
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < values.length; i++) data.set(heat(values[i]!), i * 3);
  return { data, width, height };
}

/** Colours of a {@link heatmap} from 0 to 1, at equal distances; their lightness only rises. */
export const heatmapStops = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

function heat(value: number): [number, number, number] {
  const position = Math.min(Math.max(value, 0), 1) * (heatmapStops.length - 1);
  const below = Math.min(Math.floor(position), heatmapStops.length - 2);
  const share = position - below;
  const channel = (c: 0 | 1 | 2) =>
    Math.round(heatmapStops[below]![c] * (1 - share) + heatmapStops[below + 1]![c] * share);
  return [channel(0), channel(1), channel(2)];
}
