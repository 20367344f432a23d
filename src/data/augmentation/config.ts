import type { Size } from '../index.js';

/**
 * What is done to each training sample. Plain data: it is kept with a run and crosses to worker threads. What is
 * left out is not done.
 */
export interface AugmentConfig {
  /** Size of the crop; padded with void where the photograph is smaller. */
  readonly crop?: Size;
  /** The photograph is enlarged by a factor drawn uniformly from here before it is cropped. */
  readonly scale?: readonly [low: number, high: number];
  /** Probability of mirroring left and right. */
  readonly flip?: number;
  /** The brightness is multiplied by a factor drawn from 1 ± this. */
  readonly brightness?: number;
  /** So is the distance of every value from the mean. */
  readonly contrast?: number;
  /** So is the saturation. */
  readonly saturation?: number;
  /** The hue is turned by up to this, either way, in turns. */
  readonly hue?: number;
  /** Gaussian blur with a probability, and a standard deviation drawn from 0 … `deviation` pixels. */
  readonly blur?: { readonly probability: number; readonly deviation: number };
  /** Gaussian noise of a standard deviation drawn from 0 … this, in grey levels of 255. */
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
