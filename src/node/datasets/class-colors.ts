import type { Rgb } from '../../data/index.js';

/**
 * A colour for a class that has none: hues a golden angle apart in three brightnesses, so that neighbours in the
 * list look different; any number of them.
 */
export function classColor(index: number): Rgb {
  const hue = (index * 137.508) % 360;
  const lightness = [0.5, 0.68, 0.36][index % 3]!;
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const amplitude = 0.65 * Math.min(lightness, 1 - lightness);
    return Math.round(255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
