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
