import type { Pixels } from '../base/pixels.js';
import type { Choice } from './choice.js';
import { outputNames } from './inference-graph.js';
import type { OpenModel } from './open-model.js';
import { imageFeeds, type Routes } from './routes.js';

/** The labels of an image, of the size that the network sees, in several ways. */
export async function segmentWays(
  network: OpenModel,
  routes: Routes,
  image: Pixels,
  choices: readonly Choice[],
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const scales = [...new Set(choices.flatMap((choice) => choice.scales))].sort((a, b) => b - a);
  // One graph computes each scale once, but holds all of them.
  if (routes.fits(image, { ...choices[0]!, scales, combine: 'average' })) {
    const results = await network.ways(choices, imageFeeds(image), signal);
    return choices.map((_, i) => results[outputNames.labelsOfWay(i)]!.data as Uint8Array);
  }
  const labels: Uint8Array[] = [];
  for (const choice of choices) labels.push((await routes.segment(image, choice, signal)).labels);
  return labels;
}
