import { shiftChroma } from './chroma.js';
import type { Picture } from './picture.js';
import { applyCurve, toneCurve } from './tone.js';

/** Changes of the colours, in the order in which they are made. */
export interface ColorChange {
  /** Factor of the brightness; 1 leaves it. */
  readonly brightness: number;
  /** Factor of every value's distance from the mean brightness; 1 leaves it. */
  readonly contrast: number;
  /** Factor of the saturation; 1 leaves it. */
  readonly saturation: number;
  /** Angle by which the hue is rotated, in turns; 0 leaves it. */
  readonly hue: number;
}

/** Changes the colours in place, in two passes over the picture: one for its mean, one for all changes. */
export function recolor(picture: Picture, { brightness, contrast, saturation, hue }: ColorChange): void {
  const hasTone = brightness !== 1 || contrast !== 1;
  const curve = toneCurve(picture, brightness, contrast);
  if (saturation !== 1 || hue !== 0) shiftChroma(picture, curve, saturation, hue);
  else if (hasTone) applyCurve(picture, curve);
}
