import type { Tensor } from '../graph/index.js';
import type { Scope } from '../nn/index.js';
import type { ScaleOutput } from './attention/attention.js';
import { heads, type ModelConfig, trunks } from './config.js';

/** Trunk and head at one scale, on an image [N, 3, h, w] of that size, pixels normalised. */
export function network(scope: Scope, image: Tensor, config: ModelConfig, scale: number): ScaleOutput {
  const features = trunks.get(config.trunk.name).build(scope.child('trunk'), image, config.trunk);
  const head = heads.get(config.head.name);
  return { scale, ...head.build(scope.child('head'), features, config.classes, config.head) };
}

/**
 * The least side of an image, in pixels, that a model sees anything of at all of these scales: below it the trunk's
 * deepest features are a single cell, most of it padding.
 */
export function leastSide({ trunk }: Pick<ModelConfig, 'trunk'>, scales: readonly number[]): number {
  return Math.ceil(trunks.get(trunk.name).smallestSide(trunk) / Math.min(...scales));
}
