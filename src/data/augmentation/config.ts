import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import type { Size } from '../index.js';

/**
 * The transforms of each training sample. Plain data, which a run records and which is sent to worker threads. Transforms that
 * are left out are not applied.
 */
export interface AugmentConfig {
  /** Size of the crop in pixels. A smaller photograph is padded with void. */
  readonly crop?: Size;
  /** Range of the factor, drawn uniformly, by which the photograph is resized before it is cropped. */
  readonly scale?: readonly [low: number, high: number];
  /** Probability of a horizontal flip. */
  readonly flip?: number;
  /** The brightness is multiplied by a factor drawn uniformly from 1 ± this. */
  readonly brightness?: number;
  /** The distance of every value from the mean brightness is multiplied by a factor drawn uniformly from 1 ± this. */
  readonly contrast?: number;
  /** The saturation is multiplied by a factor drawn uniformly from 1 ± this. */
  readonly saturation?: number;
  /** The hue is rotated by an angle drawn uniformly from ± this, in turns. */
  readonly hue?: number;
  /** Gaussian blur with a probability, and a standard deviation drawn from 0 … `deviation` pixels. */
  readonly blur?: { readonly probability: number; readonly deviation: number };
  /** Gaussian noise with a standard deviation drawn from 0 … this, in grey levels (0 … 255). */
  readonly noise?: number;
}

/** A set of augmentations for a crop size. */
export type AugmentPreset = (crop: Size) => AugmentConfig;

/**
 * - `replication`: crop, contrast, Gaussian noise, horizontal flip, as the replication lists them; it names no
 *   strengths, so these are ours.
 * - `paper`: scale 0.5 … 2, crop, horizontal flip, Gaussian blur and colour jitter (Tao et al. 2020, section 4.1).
 * - `none`: the crop alone.
 */
export const augmentPresets: Readonly<Record<'replication' | 'paper' | 'none', AugmentPreset>> = {
  replication: (crop) => ({ crop, flip: 0.5, contrast: 0.3, noise: 8 }),
  paper: (crop) => ({
    crop,
    scale: [0.5, 2],
    flip: 0.5,
    brightness: 0.25,
    contrast: 0.25,
    saturation: 0.25,
    hue: 0.05,
    blur: { probability: 0.5, deviation: 1.5 },
  }),
  none: (crop) => ({ crop }),
};

/**
 * Checks a configuration before any sample is read.
 *
 * @throws HmsaError that names the field
 */
export function checkAugmentConfig(config: AugmentConfig): void {
  demand(isObject(config), 'configuration', 'an object', config);
  const { crop, scale, flip, blur, noise } = config;
  if (crop !== undefined) {
    demand(isObject(crop), 'crop', 'a width and a height', crop);
    for (const side of ['width', 'height'] as const) {
      const isSize = Number.isInteger(crop[side]) && crop[side] >= 1;
      demand(isSize, `crop.${side}`, 'a whole number of pixels', crop[side]);
    }
  }
  if (scale !== undefined) {
    const isPair = Array.isArray(scale) && scale.length === 2 && scale.every(Number.isFinite);
    const isRange = isPair && scale[0] > 0 && scale[0] <= scale[1];
    demand(isRange, 'scale', 'a low and a high factor above 0', isPair ? scale.join(' … ') : scale);
  }
  if (flip !== undefined) demand(isShare(flip), 'flip', 'a probability', flip);
  if (blur !== undefined) {
    demand(isObject(blur), 'blur', 'a probability and a deviation', blur);
    demand(isShare(blur.probability), 'blur.probability', 'a probability', blur.probability);
    demand(isWithin(blur.deviation, 20), 'blur.deviation', '0 … 20 pixels', blur.deviation);
  }
  if (noise !== undefined) demand(isWithin(noise, 255), 'noise', '0 … 255 grey levels', noise);
  for (const field of ['brightness', 'contrast', 'saturation'] as const) {
    const value = config[field];
    if (value !== undefined) demand(isShare(value), field, '0 … 1', value);
  }
  const { hue } = config;
  if (hue !== undefined) demand(isWithin(hue, 0.5), 'hue', '0 … 0.5 turns', hue);
}

function isShare(value: number): boolean {
  return isWithin(value, 1);
}

function isWithin(value: number, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function demand(holds: boolean, field: string, expected: string, received: unknown): void {
  if (holds) return;
  const text = typeof received === 'string' ? received : shown(received);
  throw new HmsaError({ operation: `augmentation, ${field}`, expected, received: text });
}
