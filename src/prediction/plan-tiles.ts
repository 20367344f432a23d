import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
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
const PROCESS_BYTES = 225e6;
/** What is left free: some peaks lie above the estimate (docs/prediction.md). */
const MARGIN = 8e6;
/** The combination, and beside it one scale: see `TileSessions`. */
const OPEN_GRAPHS = 2;
const GRAPH_BYTES = 13e6;
const WEIGHT_COPIES = 3;
/**
 * How much of a region the tensors that are alive at once may take: beyond three quarters the holes between them leave no room for
 * the next one, and ONNX Runtime takes a second region as large. From two fifths on they are spread over all of it.
 */
const MOST_OF_REGION = 0.7;
const SPREAD_FROM = 0.44;
/** What they take where they are not. */
const TILE_OVERHEAD = 1.45;
const REGION_OVERHEAD = 3;

/**
 * Plans the tiles of an image at every scale: those that fit into the memory and compute the fewest pixels.
 *
 * @throws HmsaError when not even the smallest tiles fit
 */
export function planTiles(graphs: SplitGraphs, image: Size, needs: TileNeeds): PlannedTiles {
  let least = Number.POSITIVE_INFINITY;
  // Where nothing fits beside the region's share of the memory, it is combined in smaller regions: the last are the smallest.
  for (const share of REGION_SHARES) {
    const region = regionSize(graphs, image, needs, share);
    const ofRegion = regionBytes(graphs, image, region);
    let best: { readonly plan: PlannedTiles; readonly work: number } | undefined;
    for (const tallest of SIDES) {
      for (const widest of SIDES) {
        const scales = spansWithin(graphs, image, needs, tallest, widest);
        if (scales === undefined) continue;
        const plan = { scales, region };
        const bytes = planBytes(graphs, image, plan, needs, ofRegion);
        least = Math.min(least, bytes);
        if (bytes + MARGIN > needs.memory) continue;
        const work = scales.reduce((sum, { down, across }) => sum + total(down) * total(across), 0);
        if (best === undefined || work < best.work) best = { plan: { ...plan, bytes }, work };
      }
    }
    if (best !== undefined) return best.plan;
  }
  const sized = (bytes: number) =>
    bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(Math.ceil(bytes / 1e7) / 100).toFixed(2)} GB`;
  const about = needs.reach === undefined ? 'at least' : 'about';
  throw new HmsaError({
    operation: 'segment',
    expected: `memory for the smallest tiles of ${image.width}×${image.height} pixels, ${about} ${sized(least + MARGIN)}`,
    received: sized(needs.memory),
    remedy: 'Give more memory, reduce the image (--max-side), or leave out the large scales.',
  });
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
): number {
  const open = PROCESS_BYTES + held + OPEN_GRAPHS * (GRAPH_BYTES + WEIGHT_COPIES * weightBytes);
  const runs: number[] = [];
  let canvases = 0;
  for (const { scale, down, across } of scales) {
    const graph = graphs.scales.find((each) => each.scale === scale)!;
    const tile = { height: down[0]!.length, width: across[0]!.length };
    const pixels = (3 * tile.height * tile.width) / scale ** 2;
    runs.push(runBytes(aliveBytes(graph, tile)) + 2 * pixels);
    canvases += canvasBytes(graph, image, tile.height, region.height);
  }
  if (mirroredClasses !== undefined) canvases *= 2;
  return (
    open + canvases + mirroredBytes(image, region.height, mirroredClasses) + ofRegion + Math.max(...runs)
  );
}

/** What runs on tiles take with a region of {@link tileRegion}. */
function runBytes(alive: number): number {
  const region = tileRegion(alive);
  return alive < SPREAD_FROM * region ? TILE_OVERHEAD * alive : region;
}

/** Bytes of the region in which runs take their memory: a power of two, as ONNX Runtime takes them. */
export function tileRegion(alive: number): number {
  return 2 ** Math.ceil(Math.log2(alive / MOST_OF_REGION));
}

/** Bytes of the tensors that are alive at once for a tile. */
export function aliveBytes(graph: ScaleGraph, { width, height }: Size): number {
  return bytesOfPixel(graph) * width * height;
}

const pixelBytes = new WeakMap<ScaleGraph, number>();
/** The side of the tile whose bytes are counted. */
const COUNTED = 512;

/** Bytes of the tensors that are alive at once, for each pixel of a tile. */
function bytesOfPixel(graph: ScaleGraph): number {
  const known = pixelBytes.get(graph) ?? graph.bytes({ width: COUNTED, height: COUNTED }) / COUNTED ** 2;
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
