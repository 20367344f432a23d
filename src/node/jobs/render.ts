import type { ClassMap } from '../../data/index.js';
import type { Pixels } from '../images/index.js';

/** Label maps as pictures in the classes' colours; black for what is no class. */
export function colorize(
  labels: Uint8Array,
  width: number,
  height: number,
  { colors }: Pick<ClassMap, 'colors'>,
): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < labels.length; i++) {
    const color = colors[labels[i]!];
    if (color !== undefined) data.set(color, i * 3);
  }
  return { data, width, height };
}

/** The coloured labels laid over the photograph, `opacity` 0 … 1. */
export function overlay(photo: Pixels, colored: Pixels, opacity = 0.5): Pixels {
  const data = photo.data.map((value, i) => Math.round(value * (1 - opacity) + colored.data[i]! * opacity));
  return { ...photo, data };
}

/** Attention 0 … 1 as a picture from black over purple and orange to pale yellow, dark to bright throughout. */
export function heatmap(values: Float32Array, width: number, height: number): Pixels {
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
