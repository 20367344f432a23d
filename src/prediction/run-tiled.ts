import type { Size } from '../data/index.js';
import type { Session } from '../engine/runtime/index.js';
import type { ModelConfig } from '../model/index.js';
import type { Choice } from './choice.js';
import type { Computed } from './compile-model.js';
import { averageOf } from './flip.js';
import { type PlannedTiles, planTiles, scratchOf } from './plan-tiles.js';
import { measuredReach } from './reach.js';
import { pixelsOf } from './scale-feeds.js';
import { type ScaleTiles, segmentTiles, type TileHooks } from './segment-tiles.js';
import { averagesKey, SplitNetwork, scaleKey } from './split-network.js';
import { TileSessions } from './tile-sessions.js';
import type { TileSource } from './tile-source.js';

export interface TiledOptions extends TileHooks {
  readonly choice: Choice;
  /** Bytes that the process may take. */
  readonly memory: number;
  /** Bytes that the caller holds: the image and its results, where they are in memory. */
  readonly held?: number;
  /** Whether the device is a GPU, whose memory is not planned. */
  readonly onGpu: boolean;
  /** Awaited with the plan, before any tile is computed. */
  readonly onPlan?: (plan: PlannedTiles) => unknown;
}

/**
 * Labels an image in tiles. The graphs are opened for this image and closed behind it, so that their memory is free again.
 *
 * @param open opens the bytes of an ONNX file
 * @throws HmsaError when not even the smallest tiles fit into the memory
 */
export async function runTiled(
  config: ModelConfig,
  computed: Computed,
  open: (graph: Uint8Array) => Promise<Session>,
  source: TileSource,
  { choice, memory, held = 0, onGpu, onPlan, ...hooks }: TiledOptions,
): Promise<void> {
  const { weights } = computed;
  const sessions = new TileSessions(open, !onGpu);
  const { flip, details, attention } = choice;
  const outputs = {
    ...choice,
    attention: attention || details,
    // Labels and confidence follow from the average.
    ...(flip && { labels: false, confidence: false, logits: true }),
  };
  const network = new SplitNetwork(config, computed, outputs, sessions.use);
  const needs = {
    memory,
    held,
    ...(flip && { mirroredClasses: config.classes }),
    weightBytes: [...weights.values()].reduce((sum, { data }) => sum + data.byteLength, 0),
  };
  // An image that would not fit with the shortest overlaps is refused before anything is computed.
  planTiles(network.graphs, source, needs);
  try {
    const reaches = new Map<number, number>();
    for (const scale of config.weights === 'shared' ? [nearestTo1(choice.scales)] : choice.scales) {
      reaches.set(scale, await knownReach(weights, network, scale, hooks.signal));
    }
    // What it took for noise of other sizes.
    await sessions.closeScale();
    const [shared] = reaches.values();
    const plan = planTiles(network.graphs, source, {
      ...needs,
      reach: (scale) => reaches.get(scale) ?? shared!,
    });
    for (const tiles of plan.scales) takeMemoryFirst(sessions, network, source, tiles);
    await onPlan?.(plan);
    await segmentTiles(network, source, plan, hooks, flip ? averageOf(choice) : undefined);
  } finally {
    await sessions.dispose();
  }
}

/** Lets the graphs of a scale take the memory of its tiles in one region, with a run on a small tile. */
function takeMemoryFirst(
  sessions: TileSessions,
  network: SplitNetwork,
  image: Size,
  { scale, down, across }: ScaleTiles,
): void {
  const graph = network.scale(scale);
  const [height, width] = [down[0]!.length, across[0]!.length];
  const small = (length: number) => Math.min(length, 2 * graph.stride + (length % graph.stride));
  const tile = { x: 0, y: 0, width: small(width), height: small(height) };
  const pixels = pixelsOf(image, scale, tile);
  const part = { ...pixels, data: new Uint8Array(3 * pixels.width * pixels.height) };
  const averages = new Map(
    graph.averages.map(({ name, channels, count }) => [name, new Float32Array(channels * count)]),
  );
  const scratch = scratchOf(graph, { width, height });
  sessions.expect(scaleKey(scale), {
    scratch,
    run: () => network.tile(image, scale, tile, part, averages),
  });
  sessions.expect(averagesKey(scale), {
    scratch,
    run: () => network.measure(image, scale, tile, part, tile),
  });
}

function nearestTo1(scales: readonly number[]): number {
  const distance = (scale: number) => Math.abs(Math.log(scale));
  return scales.reduce((best, scale) => (distance(scale) < distance(best) ? scale : best));
}

const known = new WeakMap<Computed['weights'], Map<number, Promise<number>>>();

/** The reach of a model at a scale, which is measured once. */
function knownReach(
  weights: Computed['weights'],
  network: SplitNetwork,
  scale: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const reaches = known.get(weights) ?? new Map<number, Promise<number>>();
  known.set(weights, reaches);
  const reach = reaches.get(scale) ?? measuredReach(network, scale, signal);
  reaches.set(scale, reach);
  // One that failed or was called off is measured again.
  reach.catch(() => reaches.delete(scale));
  return reach;
}
