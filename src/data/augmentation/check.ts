import { HmsaError, isObject, shown } from '../../base/errors/index.js';
import type { AugmentConfig } from './config.js';

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
