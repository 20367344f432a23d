import { checkOptionNames, checkSignal, HmsaError, shown, suggest } from '../base/errors/index.js';
import { checkPixels, type Pixels } from '../base/pixels.js';
import type { Size } from '../data/index.js';
import { COMBINATIONS, leastSide, type ModelConfig, smallSideRemedy } from '../model/index.js';
import type { SegmentOptions } from './segmentation.js';

const names: readonly (keyof SegmentOptions)[] = [
  'scales',
  'combine',
  'details',
  'confidence',
  'attention',
  'logits',
  'flip',
  'maxSide',
  'adaptive',
  'signal',
];

/**
 * @param hooks names of further options, which are functions
 * @throws HmsaError that names the wrong option
 */
export function checkOptions(options: SegmentOptions, hooks: readonly string[] = []): void {
  const refuse = (option: string, expected: string, value: unknown, remedy?: string): never => {
    throw new HmsaError({
      operation: `segment: ${option}`,
      expected,
      received: described(value),
      ...(remedy === undefined ? {} : { remedy }),
    });
  };
  if (typeof options !== 'object' || options === null) refuse('options', 'an object', options);
  checkOptionNames(options, [...names, ...hooks], 'segment');
  for (const name of hooks) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined && typeof value !== 'function') refuse(name, 'a function', value);
  }
  const { scales, combine, maxSide, adaptive, signal } = options;
  checkSignal(signal, 'segment: signal');
  for (const name of ['details', 'confidence', 'attention', 'logits', 'flip'] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'boolean') refuse(name, 'true or false', value);
  }
  if (
    scales !== undefined &&
    !(Array.isArray(scales) && scales.every((scale) => typeof scale === 'number'))
  ) {
    refuse('scales', 'a list of numbers such as [0.5, 1, 2]', scales);
  }
  if (combine !== undefined && !COMBINATIONS.includes(combine)) {
    refuse('combine', 'a way to combine scales', combine, suggest(combine, COMBINATIONS));
  }
  const isLoss = typeof adaptive === 'number' && adaptive >= 0 && adaptive <= 100;
  if (adaptive !== undefined && typeof adaptive !== 'boolean' && !isLoss) {
    refuse('adaptive', 'true, false, or the points of mean IoU that may be lost, such as 0.1', adaptive);
  }
  if (maxSide !== undefined && maxSide !== 'none' && !(Number.isSafeInteger(maxSide) && maxSide >= 1)) {
    refuse('maxSide', "a whole number of pixels, at least 1, or 'none'", maxSide);
  }
}

/** @throws HmsaError when it is anything but RGB pixels of its size */
export function checkImage(image: unknown): asserts image is Pixels {
  checkPixels(image, 'segment', {
    channels: 3,
    remedy:
      'Decode image files with decodeImage of hmsa/node, or load the model with its loadModel(), which reads image files.',
  });
}

/** @throws HmsaError when a side of the image that the network would see is too small for the scales */
export function checkSmallest(image: Size, seen: Size, config: ModelConfig, scales: readonly number[]): void {
  const least = leastSide(config, scales);
  const side = Math.min(seen.width, seen.height);
  if (side >= least) return;
  const isReduced = seen.width < image.width;
  throw new HmsaError({
    operation: 'segment',
    expected: `an image of at least ${least}×${least} pixels for scale ${Math.min(...scales)}`,
    received: `${image.width}×${image.height}${isReduced ? `, reduced to ${seen.width}×${seen.height}` : ''}`,
    remedy: `${smallSideRemedy(isReduced ? 'Reduce it less (maxSide)' : 'Take a larger image', config, scales, side)}${enlarging(config, side)}`,
  });
}

/** For an image that no scale up to 1 can see: the least one that does. */
function enlarging({ trunk, weights }: ModelConfig, side: number): string {
  const scale = leastSide({ trunk }, [1]) / side;
  if (scale <= 1 || scale > 16 || weights === 'perScale') return '';
  return ` Or enlarge it for the network: --scales ${Math.ceil(scale)} --combine single.`;
}

function described(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(described).join(', ')}]` : shown(value);
}
