import type { NamedArrays } from '../../engine/runtime/index.js';
import type { ModelConfig } from '../../model/index.js';
import { JoinedResults } from '../joined-results.js';
import type { SplitNetwork } from '../split-network.js';
import type { TileSource } from '../tile-source.js';
import type { AdaptiveChoice } from './choice.js';
import { checkAdaptive, coarseToFine, combineBands, NetworkTiles, workOf } from './coarse-to-fine.js';

export { type AdaptiveChoice, adaptiveChoice, pointFor } from './choice.js';
export { AdaptiveStudy, type AdaptiveTry } from './study.js';

/** Labels an image in memory from the lowest scale up, and says how much was computed. */
export async function coarseToFineResults(
  network: SplitNetwork,
  config: ModelConfig,
  source: TileSource,
  { way, threshold }: AdaptiveChoice,
  signal?: AbortSignal,
): Promise<{ readonly results: NamedArrays; readonly work: number }> {
  const { scales } = network.graphs;
  checkAdaptive(scales, config.weights);
  const tiles = new NetworkTiles(network, source, way, signal);
  const found = await coarseToFine(scales, source, { way, threshold, tile: tiles.tile });
  const whole = new JoinedResults(source);
  await combineBands(network, source, found.maps, whole.add, signal);
  return { results: whole.results, work: workOf(scales, source, found.pixels, tiles.measured) };
}
