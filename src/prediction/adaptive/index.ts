import type { Pixels } from '../../base/pixels.js';
import type { NamedArrays } from '../../engine/runtime/index.js';
import type { SplitNetwork } from '../split-network.js';
import type { AdaptiveChoice } from './choice.js';
import { LowerScales } from './coarse-to-fine.js';

export { type AdaptiveChoice, adaptiveChoice, pointFor } from './choice.js';
export { AdaptiveStudy, type AdaptiveTruth, type AdaptiveTry } from './study.js';

/** Labels an image in memory from the lowest scale up, and says how much was computed. */
export async function coarseToFineResults(
  network: SplitNetwork,
  image: Pixels,
  { way, threshold }: AdaptiveChoice,
  signal?: AbortSignal,
): Promise<{ readonly results: NamedArrays; readonly work: number }> {
  const lower = await LowerScales.of(network, image, signal);
  const { maps, work } = await lower.withHighest(way, threshold, signal);
  return { results: await network.combineWhole(image, maps, signal), work };
}
