import { HmsaError } from '../../base/errors/index.js';
import type { AugmentConfig } from './config.js';

/**
 * Checks a configuration before any sample is read.
 *
 * @throws HmsaError that names the field
 */
export function checkAugmentConfig(config: AugmentConfig): void {
  const { crop, scale, flip, blur, noise } = config;
  if (crop !== undefined) {
    for (const side of ['width', 'height'] as const) {
      const isSize = Number.isInteger(crop[side]) && crop[side] >= 1;
      demand(isSize, `crop.${side}`, 'a whole number of pixels', crop[side]);
    }
  }
  if (scale !== undefined) {
    const isRange = scale[0] > 0 && scale[0] <= scale[1] && Number.isFinite(scale[1]);
    demand(isRange, 'scale', 'a low and a high factor above 0', scale.join(' … '));
  }
  if (flip !== undefined) demand(isShare(flip), 'flip', 'a probability', flip);
  if (blur !== undefined) {
    demand(isShare(blur.probability), 'blur.probability', 'a probability', blur.probability);
    demand(blur.deviation >= 0 && blur.deviation <= 20, 'blur.deviation', '0 … 20 pixels', blur.deviation);
  }
  if (noise !== undefined) demand(noise >= 0 && noise <= 255, 'noise', '0 … 255 grey levels', noise);
  for (const field of ['brightness', 'contrast', 'saturation'] as const) {
    const value = config[field];
    if (value !== undefined) demand(isShare(value), field, '0 … 1', value);
  }
  const { hue } = config;
  if (hue !== undefined) demand(hue >= 0 && hue <= 0.5, 'hue', '0 … 0.5 turns', hue);
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

function demand(holds: boolean, field: string, expected: string, received: unknown): void {
  if (holds) return;
  throw new HmsaError({ operation: `augmentation, ${field}`, expected, received: String(received) });
}
