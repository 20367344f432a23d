import type { Tensor } from '../engine/graph/index.js';
import type { ScaleOutput } from './attention/attention.js';
import { heads, type ModelConfig, trunks } from './config.js';
import type { Scope } from './layers/index.js';

/** Trunk and head at one scale, for an image [N, 3, h, w] that has been resized to it, pixels normalised. */
export function network(scope: Scope, image: Tensor, config: ModelConfig, scale: number): ScaleOutput {
  const features = trunks.get(config.trunk.name).build(scope.child('trunk'), image, config.trunk);
  const head = heads.get(config.head.name);
  return { scale, ...head.build(scope.child('head'), features, config.classes, config.head) };
}

/**
 * The smallest side of an image, in pixels, that a model can use at all of these scales. Below it, the trunk's deepest
 * features are a single cell at the lowest scale, and most of what that cell reads is padding.
 */
export function leastSide({ trunk }: Pick<ModelConfig, 'trunk'>, scales: readonly number[]): number {
  return Math.ceil(trunks.get(trunk.name).smallestSide(trunk) / Math.min(...scales));
}
