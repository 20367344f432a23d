import { imagenetPixels, type ModelConfig } from '../index.js';
import type { Recognized } from './source.js';

/** A network of one scale without attention, on ImageNet's pixel statistics: the form of most packages. */
export function oneScale(parts: Pick<ModelConfig, 'classes' | 'trunk' | 'head'>): Recognized {
  const config = {
    ...parts,
    attention: { name: 'none' },
    scales: [1],
    weights: 'shared',
    ...imagenetPixels,
  } as const;
  return { kind: 'model', config };
}
