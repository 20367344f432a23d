import { checkArgument, isObject } from '../../base/errors/index.js';
import { type Generator, generator } from '../../base/random/index.js';
import type { Region, Sample, SamplePart, Size } from '../index.js';
import { blur } from './blur.js';
import { addNoise, recolor } from './color.js';
import { type AugmentConfig, checkAugmentConfig } from './config.js';
import { type Buffers, copyOf, type Picture } from './picture.js';
import { type Center, placeWindow, sourceRegion, takeWindow, type Window } from './window.js';

/** Everything on which the random choices for one sample depend. */
export interface AugmentKey {
  readonly seed: number;
  readonly epoch: number;
  /** Position of the sample in the epoch. A photograph that occurs twice is augmented in two ways. */
  readonly position: number;
}

/** The stream of random numbers of one step. */
type Streams = (step: string) => Generator;

/**
 * Augments a photograph together with its labels: scale and crop, flip, brightness, contrast, saturation and hue,
 * blur, noise, in this order. Labels move with their pixels and are never interpolated. Each step draws from its own stream, so
 * leaving one out does not change the others. The sample is not modified. A part of it that contains `neededRegion` gives
 * the same result as the whole.
 *
 * @param center centre of the crop, in pixels of the whole sample; default: a random place
 * @param into memory for the result, if the config has a crop; default: new memory
 * @throws HmsaError when an argument is of another kind, or a field of the config is out of its range
 */
export function augment(
  sample: Sample | SamplePart,
  config: AugmentConfig,
  key: AugmentKey,
  center?: Center,
  into?: Buffers,
): Sample {
  checkPicture(sample);
  checkAugmentConfig(config);
  checkArgument(isObject(key), 'augment', 'a key { seed, epoch, position }', key);
  if (center !== undefined) checkArgument(isObject(center), 'augment', 'a center { x, y }', center);
  if (into !== undefined) checkBuffers(into, config.crop);
  const stream = streamsOf(key);
  const picture = cut(sample, config, stream, center, into);
  if (config.flip && stream('flip').chance(config.flip)) flipHorizontally(picture);
  const around = (middle: number, step: string, reach = 0) =>
    reach === 0 ? middle : stream(step).uniform(middle - reach, middle + reach);
  recolor(picture, {
    brightness: around(1, 'brightness', config.brightness),
    contrast: around(1, 'contrast', config.contrast),
    saturation: around(1, 'saturation', config.saturation),
    hue: around(0, 'hue', config.hue),
  });
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

function checkPicture(sample: Sample): void {
  checkArgument(isObject(sample), 'augment', 'a sample { image, label, width, height, id }', sample);
  const { image, label, width, height } = sample;
  const pixels = width * height;
  const isImage = image instanceof Uint8Array && image.length === 3 * pixels && pixels > 0;
  checkArgument(isImage, 'augment', 'an image of width · height · 3 bytes', image);
  const isLabel = label === undefined || (label instanceof Uint8Array && label.length === pixels);
  checkArgument(isLabel, 'augment', 'a label of width · height bytes', label);
}

function checkBuffers(into: Buffers, crop: Size | undefined): void {
  const isMemory = isObject(into) && into.image instanceof Uint8Array && into.label instanceof Uint8Array;
  checkArgument(isMemory, 'augment', 'memory { image, label }', into);
  if (crop === undefined) return;
  const pixels = crop.width * crop.height;
  const fits = into.image.length === 3 * pixels && into.label.length === pixels;
  checkArgument(fits, 'augment', `memory for a crop of ${pixels} pixels`, into.label.length);
}

/** The rectangle of a sample that {@link augment} reads, given the same config, key and center. */
export function neededRegion(whole: Size, config: AugmentConfig, key: AugmentKey, center?: Center): Region {
  const window = windowOf(whole, config, streamsOf(key), center);
  return window === undefined ? { left: 0, top: 0, ...whole } : sourceRegion(whole, window);
}

function cut(
  sample: Sample | SamplePart,
  config: AugmentConfig,
  stream: Streams,
  center: Center | undefined,
  into: Buffers | undefined,
): Picture {
  const { width, height } = sample;
  const part = 'whole' in sample ? sample : { ...sample, left: 0, top: 0, whole: { width, height } };
  const window = windowOf(part.whole, config, stream, center);
  return window === undefined ? copyOf(sample) : takeWindow(part, window, into);
}

/** Undefined if the picture keeps its size. */
function windowOf(
  whole: Size,
  { crop, scale }: AugmentConfig,
  stream: Streams,
  center: Center | undefined,
): Window | undefined {
  if (crop === undefined && scale === undefined) return undefined;
  const factor = scale === undefined ? 1 : stream('scale').uniform(...scale);
  return placeWindow(whole, factor, crop, stream('crop'), center);
}

function streamsOf({ seed, epoch, position }: AugmentKey): Streams {
  return (step) => generator(seed, 'augment', step, epoch, position);
}

/** Flips horizontally, in place. */
function flipHorizontally({ image, label, width, height }: Picture): void {
  for (let row = 0; row < height; row++) {
    for (let left = row * width, right = left + width - 1; left < right; left++, right--) {
      if (label) {
        const kept = label[left]!;
        label[left] = label[right]!;
        label[right] = kept;
      }
      for (let channel = 0; channel < 3; channel++) {
        const kept = image[left * 3 + channel]!;
        image[left * 3 + channel] = image[right * 3 + channel]!;
        image[right * 3 + channel] = kept;
      }
    }
  }
}
