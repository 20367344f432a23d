import type { Sample } from '../data/index.js';
import { type Generator, generator } from '../random/index.js';
import { blur } from './blur.js';
import { shiftChroma } from './chroma.js';
import type { AugmentConfig } from './config.js';
import { flipHorizontally } from './flip.js';
import { addNoise } from './noise.js';
import { copyOf, type Picture } from './picture.js';
import { scaleBrightness, scaleContrast } from './tone.js';
import { type Center, placeWindow, takeWindow } from './window.js';

/** What the random choices for one sample depend on, and nothing else. */
export interface AugmentKey {
  readonly seed: number;
  readonly epoch: number;
  /** Position of the sample in the epoch: the same photograph twice is augmented in two ways. */
  readonly position: number;
}

/**
 * Augments a photograph together with its labels: scale and crop, flip, brightness, contrast, saturation and hue,
 * blur, noise, in this order. Labels move with their pixels and are never interpolated. Each step draws from a
 * stream of its own, so that leaving one out changes nothing in the others. The sample is left as it is.
 *
 * @param center where to centre the crop, in pixels of the sample; anywhere where left out
 */
export function augment(sample: Sample, config: AugmentConfig, key: AugmentKey, center?: Center): Sample {
  const stream = (step: string) => generator(key.seed, 'augment', step, key.epoch, key.position);
  const picture = cut(sample, config, stream, center);
  if (config.flip && stream('flip').chance(config.flip)) flipHorizontally(picture);
  if (config.brightness) scaleBrightness(picture, around1(stream('brightness'), config.brightness));
  if (config.contrast) scaleContrast(picture, around1(stream('contrast'), config.contrast));
  if (config.saturation || config.hue) {
    const saturation = around1(stream('saturation'), config.saturation ?? 0);
    const hue = config.hue ?? 0;
    shiftChroma(picture, saturation, stream('hue').uniform(-hue, hue));
  }
  if (config.blur) {
    const random = stream('blur');
    const { probability, deviation } = config.blur;
    if (random.chance(probability)) blur(picture, random.uniform(0, deviation));
  }
  if (config.noise) {
    const random = stream('noise');
    addNoise(picture, random.uniform(0, config.noise), random);
  }
  return { ...picture, id: sample.id };
}

function cut(
  sample: Sample,
  { crop, scale }: AugmentConfig,
  stream: (step: string) => Generator,
  center: Center | undefined,
): Picture {
  if (crop === undefined && scale === undefined) return copyOf(sample);
  const factor = scale === undefined ? 1 : stream('scale').uniform(...scale);
  const whole = {
    width: Math.max(1, Math.round(sample.width * factor)),
    height: Math.max(1, Math.round(sample.height * factor)),
  };
  return takeWindow(sample, placeWindow(sample, factor, crop ?? whole, stream('crop'), center));
}

function around1(random: Generator, reach: number): number {
  return random.uniform(1 - reach, 1 + reach);
}
