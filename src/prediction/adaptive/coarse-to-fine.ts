import type { Pixels } from '../../base/pixels.js';
import type { Size } from '../../data/index.js';
import { evaluateDim } from '../../engine/graph/index.js';
import type { AdaptiveWay } from '../../model/file/index.js';
import { type DecoderGraph, sidesOf } from '../lower-graph.js';
import type { Region } from '../region.js';
import { type ScaleMaps, sizeAt } from '../scale-feeds.js';
import type { LowerResults, SplitNetwork } from '../split-network.js';
import { type Blocks, blocksOf, coverBlocks, meanOfBlocks } from './blocks.js';
import { doubtOf, type Known, knownOf } from './doubt.js';
import { patched } from './patched.js';

/** What the lower scales of an image say, where they are in doubt, and what the decoder of the highest reads. */
export class LowerScales {
  readonly known: Known;
  readonly #network: SplitNetwork;
  readonly #image: Pixels;
  readonly #results: LowerResults;

  private constructor(network: SplitNetwork, image: Pixels, results: LowerResults) {
    this.#network = network;
    this.#image = image;
    this.#results = results;
    this.known = knownOf(
      [...results.maps.values()].map(({ logits, weight }) => ({
        logits: logits!,
        ...(weight && { weight }),
      })),
    );
  }

  static async of(network: SplitNetwork, image: Pixels, signal?: AbortSignal): Promise<LowerScales> {
    return new LowerScales(network, image, await network.lower(image, signal));
  }

  /**
   * The maps of all scales, with the highest decoded where the lower ones leave doubt.
   *
   * @param threshold of the mean doubt of a block
   */
  async withHighest(
    way: Pick<AdaptiveWay, 'gate' | 'block'>,
    threshold: number,
    signal?: AbortSignal,
  ): Promise<{ readonly maps: ReadonlyMap<number, ScaleMaps>; readonly work: number }> {
    const lower = this.#network.lowerGraph;
    const { scale, step, halo } = lower.decoder;
    const size = sizeAt(this.#image, scale);
    const { blocks, means } = blockDoubts(this.known, size, way);
    const chosen = Array.from(means, (doubt) => doubt >= threshold);
    const patches = coverBlocks(chosen, blocks, Math.ceil(halo / step) * step, step);
    const { maps, others, cuts } = this.#results;
    const parts: Part[] = [];
    for (const { own, tile } of patches) {
      parts.push({ own, maps: await this.#network.decode(this.#image, tile, cuts, signal) });
    }
    const share =
      patches.reduce((sum, { tile }) => sum + tile.width * tile.height, 0) / (size.width * size.height);
    const decoding = lower.decoder.multiplyAdds(this.#image) / lower.multiplyAdds(this.#image);
    const next = [...maps.values()].at(-1)!;
    return {
      maps: new Map([...maps, [scale, { ...others, ...joined(lower.decoder, this.#image, next, parts) }]]),
      work: 1 - decoding * (1 - share),
    };
  }
}

/** How doubtful each block of the highest scale is. */
export function blockDoubts(
  known: Known,
  size: Size,
  { gate, block }: Pick<AdaptiveWay, 'gate' | 'block'>,
): { readonly blocks: Blocks; readonly means: Float32Array } {
  const blocks = blocksOf(size, block);
  return { blocks, means: meanOfBlocks(doubtOf(known, gate), known, blocks) };
}

/** A rectangle of the highest scale that was computed. */
interface Part {
  readonly own: Region;
  readonly maps: ScaleMaps;
}

/** The maps of the highest scale: as decoded where they are, elsewhere those of the next lower scale. */
function joined(
  { maps, sides: [rows, columns], step }: DecoderGraph,
  image: Size,
  lower: ScaleMaps,
  parts: readonly Part[],
): ScaleMaps {
  const lengths = sidesOf(image);
  const grid = [evaluateDim(rows, lengths), evaluateDim(columns, lengths)] as const;
  return Object.fromEntries(
    maps.map((name) => [
      name,
      patched(
        lower[name]!,
        grid,
        parts.map(({ own, maps }) => ({ own, map: maps[name]! })),
        step,
      ),
    ]),
  );
}
