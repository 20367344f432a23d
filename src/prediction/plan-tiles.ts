import { bytesText } from '../base/bytes-text.js';
import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
import { nearSizes } from './memory.js';
import { combinationNeeds, sizeAt } from './scale-feeds.js';
import type { ScaleGraph, SplitGraphs } from './scale-graphs.js';
import type { TilePlan } from './segment-tiles.js';
import { type Span, spansOf } from './tile-spans.js';

/** A plan, and about how many bytes of memory the process takes with it. */
export interface PlannedTiles extends TilePlan {
  readonly bytes: number;
}

export interface TileNeeds {
  /** How far the network sees, in pixels at each scale; where it is not measured yet, the plan is the least that any reach needs. */
  readonly reach?: (scale: number) => number;
  /** Bytes that the process may take. */
  readonly memory: number;
  /** Bytes of the model's weights. */
  readonly weightBytes: number;
  /** Bytes that the caller holds: the image and its results, where they are in memory. */
  readonly held?: number;
  /** The number of classes, if the logits are averaged with those of the mirror image. */
  readonly mirroredClasses?: number;
}

/** The sides of tiles to choose from, in pixels. */
const SIDES = [256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048, 3072, 4096];

/** Rows of a region that is combined at once. */
const REGION_ROWS = 64;
const LEAST_REGION_ROWS = 8;
/** The shares of the memory that a region may take, largest first. */
const REGION_SHARES = [0.1, 0.03, 0];
const WIDEST_REGION = 4096;

/**
 * What the process takes beside tensors: Node with ONNX Runtime; and for each open graph its own and its weights, as ONNX Runtime
 * holds them. These and what a tile takes were fitted to the shipped model on Linux, with tiles of 0.3 to 9 megapixels
 * (docs/prediction.md).
 */
const PROCESS_BYTES = 235e6;
/** So many times what is estimated is free: some peaks lie above the estimate (docs/prediction.md). */
const MARGIN = 1.05;
/** The combination, and beside it one scale: see `TileSessions`. */
const OPEN_GRAPHS = 2;
const GRAPH_BYTES = 13e6;
const WEIGHT_COPIES = 3;
/**
 * How much of a region the tensors that are alive at once may take: beyond two thirds the holes between them leave no room for
 * the next one, and ONNX Runtime takes a second region as large.
 */
const MOST_OF_REGION = 0.62;
const REGION_OVERHEAD = 3;

/**
 * Plans the tiles of an image at every scale: those that fit into the memory and compute the fewest pixels.
 *
 * @throws HmsaError when not even the smallest tiles fit
 */
export function planTiles(graphs: SplitGraphs, image: Size, needs: TileNeeds): PlannedTiles {
  const found = planWithin(graphs, image, needs);
  if (typeof found === 'object') return found;
  // With more memory the regions are larger, so that a little more may be needed.
  let enough = found;
  while (Number.isFinite(enough)) {
    const next = planWithin(graphs, image, { ...needs, memory: enough });
    if (typeof next === 'object') break;
    enough = Math.max(next, 1.01 * enough);
  }
  const about = needs.reach === undefined ? 'at least' : 'about';
  throw new HmsaError({
    operation: 'segment',
    expected: `memory for the smallest tiles of ${image.width}×${image.height} pixels, ${about} ${bytesText(enough)}`,
    received: bytesText(needs.memory),
    remedy: 'Give more memory, reduce the image (--max-side), or leave out the large scales.',
  });
}

/** The plan, or about how many bytes the smallest tiles take. */
function planWithin(graphs: SplitGraphs, image: Size, needs: TileNeeds): PlannedTiles | number {
  let enough = Number.POSITIVE_INFINITY;
  // Where nothing fits beside the region's share of the memory, it is combined in smaller regions: the last are the smallest.
  for (const share of REGION_SHARES) {
    const region = regionSize(graphs, image, needs, share);
    const ofRegion = regionBytes(graphs, image, region);
    const bytesOf = (scales: TilePlan['scales'], ofRun: typeof takenBytes) =>
      planBytes(graphs, image, { scales, region }, needs, ofRegion, ofRun);
    const isFree = (bytes: number) => MARGIN * bytes <= needs.memory;
    const plans = candidates(graphs, image, needs).map((scales) => ({
      scales,
      least: bytesOf(scales, aliveBytes),
      work: scales.reduce((sum, { down, across }) => sum + total(down) * total(across), 0),
    }));
    // What a run takes is found out by following it, so only for plans that may be chosen.
    const best = plans
      .toSorted((a, b) => a.work - b.work)
      .find(({ scales, least }) => isFree(least) && isFree(bytesOf(scales, mostBytes)));
    if (best !== undefined) return { scales: best.scales, region, bytes: bytesOf(best.scales, takenBytes) };
    const [smallest] = plans.toSorted((a, b) => a.least - b.least);
    if (smallest !== undefined) enough = MARGIN * bytesOf(smallest.scales, mostBytes);
  }
  return enough;
}

function candidates(graphs: SplitGraphs, image: Size, needs: TileNeeds): TilePlan['scales'][] {
  return SIDES.flatMap((tallest) =>
    SIDES.flatMap((widest) => {
      const scales = spansWithin(graphs, image, needs, tallest, widest);
      return scales === undefined ? [] : [scales];
    }),
  );
}

function total(spans: readonly Span[]): number {
  return spans.reduce((sum, { length }) => sum + length, 0);
}

function spansWithin(
  { scales }: SplitGraphs,
  image: Size,
  { reach = () => 1 }: TileNeeds,
  tallest: number,
  widest: number,
): TilePlan['scales'] | undefined {
  const result: TilePlan['scales'][number][] = [];
  for (const { scale, stride } of scales) {
    const { width, height } = sizeAt(image, scale);
    const halo = reach(scale);
    const [down, across] = [spansOf(height, stride, halo, tallest), spansOf(width, stride, halo, widest)];
    if (down === undefined || across === undefined) return undefined;
    result.push({ scale, down, across });
  }
  return result;
}

/** The largest region whose combination takes no more than a share of the memory, or the smallest. */
function regionSize(
  graphs: SplitGraphs,
  image: Size,
  { memory, mirroredClasses }: TileNeeds,
  share: number,
): Size {
  const mirrored = (height: number) => mirroredBytes(image, height, mirroredClasses);
  let height = Math.min(REGION_ROWS, image.height);
  while (height > LEAST_REGION_ROWS && mirrored(height) > share * memory) height = Math.ceil(height / 2);
  let width = Math.min(image.width, WIDEST_REGION);
  while (width > 64 && regionBytes(graphs, image, { width, height }) > share * memory) {
    width = Math.ceil(width / 2);
  }
  return { width, height };
}

/** Of a band: its logits and those of its mirror image, and what the average is made with. */
function mirroredBytes({ width }: Size, rows: number, classes: number | undefined): number {
  return classes === undefined ? 0 : 4 * width * rows * (2 * classes + 4);
}

function regionBytes(graphs: SplitGraphs, image: Size, region: Size): number {
  const needs = combinationNeeds(graphs, image, { x: 0, y: 0, ...region });
  const sides = new Map([...needs].map(([side, { length }]) => [side, length]));
  return REGION_OVERHEAD * graphs.combination.bytes(sides);
}

/** About how many bytes the process takes at its peak. */
function planBytes(
  graphs: SplitGraphs,
  image: Size,
  { scales, region }: TilePlan,
  { weightBytes, held = 0, mirroredClasses }: TileNeeds,
  ofRegion: number,
  ofRun: (graph: ScaleGraph, tile: Size) => number,
): number {
  const open = PROCESS_BYTES + held + OPEN_GRAPHS * (GRAPH_BYTES + WEIGHT_COPIES * weightBytes);
  const runs: number[] = [];
  let canvases = 0;
  for (const { scale, down, across } of scales) {
    const graph = graphs.scales.find((each) => each.scale === scale)!;
    const tile = { height: down[0]!.length, width: across[0]!.length };
    const pixels = (3 * tile.height * tile.width) / scale ** 2;
    runs.push(ofRun(graph, tile) + 2 * pixels);
    canvases += canvasBytes(graph, image, tile.height, region.height);
  }
  if (mirroredClasses !== undefined) canvases *= 2;
  return (
    open + canvases + mirroredBytes(image, region.height, mirroredClasses) + ofRegion + Math.max(...runs)
  );
}

/** What runs on tiles take with a region of {@link tileRegion}. */
function takenBytes(graph: ScaleGraph, tile: Size): number {
  return graph.bytes(tile, scratchOf(graph, tile)).taken;
}

/** The most that runs take on a tile and on those of {@link nearSizes}. */
function mostBytes(graph: ScaleGraph, tile: Size): number {
  const scratch = scratchOf(graph, tile);
  return Math.max(...[tile, ...nearSizes(tile)].map((each) => graph.bytes(each, scratch).taken));
}

/** The block that makes the region: more than half of it, so that it is no smaller, and no more than the tiles take. */
export function scratchOf(graph: ScaleGraph, tile: Size): number {
  return tileRegion(aliveBytes(graph, tile)) / 2 + 1;
}

/** Bytes of the region in which runs take their memory: a power of two, as ONNX Runtime takes them. */
function tileRegion(alive: number): number {
  return 2 ** Math.ceil(Math.log2(alive / MOST_OF_REGION));
}

/** Bytes of the tensors that are alive at once for a tile. */
function aliveBytes(graph: ScaleGraph, { width, height }: Size): number {
  return bytesOfPixel(graph) * width * height;
}

const pixelBytes = new WeakMap<ScaleGraph, number>();
/** The side of the tile whose bytes are counted. */
const COUNTED = 512;

/** Bytes of the tensors that are alive at once, for each pixel of a tile. */
function bytesOfPixel(graph: ScaleGraph): number {
  const known =
    pixelBytes.get(graph) ?? graph.bytes({ width: COUNTED, height: COUNTED }).alive / COUNTED ** 2;
  pixelBytes.set(graph, known);
  return known;
}

/** The rows of the canvases that are kept at once: those of a row of tiles, and of a band that waits for the next. */
function canvasBytes(
  { scale, maps }: ScaleGraph,
  image: Size,
  tileHeight: number,
  bandHeight: number,
): number {
  const { width, height } = sizeAt(image, scale);
  return maps.reduce((sum, { channels, step }) => {
    const rows = Math.min(height, tileHeight + bandHeight * scale) / step;
    return sum + 4 * channels * rows * (width / step);
  }, 0);
}
