import { float32, type NdArray } from '../base/arrays.js';
import type { Size } from '../data/index.js';
import { type Dim, dimText, evaluateDim } from '../engine/graph/index.js';
import { neededStretch, type Stretch } from '../engine/passes/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import { type DecoderGraph, sidesOf } from './lower-graph.js';
import type { Region } from './region.js';
import { cut, type MapPart, union, windowFeeds } from './scale-feeds.js';

/**
 * The feeds of a {@link DecoderGraph} for a tile, and where its result lies in the whole.
 *
 * @param image the size of the whole image
 * @param tile in pixels of the image at the scale
 * @param cuts what the decoder reads, whole
 */
export function decoderFeeds(
  { cuts: sides, sides: result, windows, step }: DecoderGraph,
  image: Size,
  tile: Region,
  cuts: readonly MapPart[],
): { readonly feeds: NamedArrays; readonly rows: Stretch; readonly columns: Stretch } {
  const lengths = sidesOf(image);
  const lengthOf = (dim: Dim) => evaluateDim(dim, lengths);
  const along = (dim: Dim, start: number, length: number): Stretch => {
    const whole = lengthOf(dim);
    const first = Math.floor(start / step);
    return { whole, start: first, length: Math.min(whole, Math.ceil((start + length) / step)) - first };
  };
  const rows = along(result[0], tile.y, tile.height);
  const columns = along(result[1], tile.x, tile.width);
  const stretches = new Map([
    [dimText(result[0]), rows],
    [dimText(result[1]), columns],
  ]);
  const dims = new Map(sides.flat().map((dim) => [dimText(dim), dim]));
  for (const { from, to, alignment } of windows) {
    const [source, target] = [dimText(from), stretches.get(dimText(to))!];
    const needed = neededStretch(lengthOf(dims.get(source)!), target, alignment);
    const known = stretches.get(source);
    stretches.set(source, known === undefined ? needed : union(known, needed));
  }
  const feeds: Record<string, NdArray> = windowFeeds(windows, stretches);
  cuts.forEach((map, i) => {
    const [down, across] = sides[i]!.map((dim) => stretches.get(dimText(dim))!) as [Stretch, Stretch];
    const data = cut(map, down, across);
    feeds[`cut ${i}`] = float32(data, [1, map.channels, down.length, across.length]);
  });
  return { feeds, rows, columns };
}
