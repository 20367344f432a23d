import { elementCount } from '../base/arrays.js';
import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
import { type ChannelBlock, type CpuRun, cpuRun, runBytes } from '../engine/onnx/cpu-run.js';
import { type Combination, declareVariables, type ModelConfig } from '../model/index.js';
import { computedGraph } from './compile-model.js';
import { inferenceOutputs } from './inference-graph.js';

/** More bytes for each pixel at the highest scale than any network here takes: below it nothing has to be computed. */
const MOST_BYTES = 2 ** 14;

/**
 * What the process takes beside the tensors of a run: Node, sharp and ONNX Runtime. This, the copies of the weights and what a kernel
 * takes were fitted on Linux to DeepLabV3+ and OCR with MobileNetV2, ResNet-50 and HRNetV2-18, whole images of 0.3 to 1.5 megapixels at
 * one, two and three scales (docs/prediction.md).
 */
const PROCESS_BYTES = 205e6;
/** The weights as read, folded, in the file of the graph, and as ONNX Runtime holds them. */
const WEIGHT_COPIES = 5.5;
/** Of a kernel: our tensors, its node in the file, and what ONNX Runtime knows of it. */
const KERNEL_BYTES = 60e3;
/** An image is computed whole where so many times what it takes is free, so that the peak stays below the limit. */
const MARGIN = 1.1;
/**
 * A tensor that just fits between two others at one size needs a new region at another, or when ONNX Runtime takes two tensors out of
 * their blocks in another order, which is up to chance. So an image or a tile is chosen only where those of these sides, beside its
 * own, fit as well.
 */
const OTHER_SIDES = [0.985, 1.015];
/** The arena takes up to twice what is alive; narrow images, whose sides are rounded up, a little more for each pixel. */
const MOST_TAKEN = 3;
/** The side of the image by which what is alive is known for each pixel. */
const TYPICAL_SIDE = 512;
/** Copies of the class scores if they are results; for the mirror image twice. */
const LOGITS_COPIES = 5;

/** How a prediction is made, as far as its memory depends on it. */
export interface MemoryChoice {
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly logits?: boolean;
  readonly flip?: boolean;
}

/** Sizes that must fit beside one that is computed: see {@link OTHER_SIDES}. */
export function nearSizes({ width, height }: Size): Size[] {
  return OTHER_SIDES.map((share) => ({ width: Math.ceil(width * share), height: Math.ceil(height * share) }));
}

/** Whether an image can be computed whole in `limit` bytes, in a process that does nothing else. */
export function fitsMemory(config: ModelConfig, seen: Size, choice: MemoryChoice, limit: number): boolean {
  if (limit === Number.POSITIVE_INFINITY) return true;
  const pixels = seen.width * seen.height * Math.max(...choice.scales) ** 2;
  if (pixels * MOST_BYTES <= limit - PROCESS_BYTES) return true;
  return mostMemory(config, seen, choice) <= limit || leastMemory(config, seen, choice) <= limit;
}

/** More than {@link leastMemory}, and at hand as soon as a network is known: most photographs need no run through the arena. */
export function mostMemory(config: ModelConfig, seen: Size, choice: MemoryChoice): number {
  const { fixed, perPixel } = ofNetwork(config, choice.scales, choice.combine);
  const pixels = seen.width * seen.height;
  return MARGIN * (PROCESS_BYTES + fixed + pixels * (MOST_TAKEN * perPixel + ofResults(config, choice)));
}

/** With how many bytes an image is computed whole. */
export function leastMemory(config: ModelConfig, seen: Size, choice: MemoryChoice): number {
  const needed = [seen, ...nearSizes(seen)].flatMap((size) => [
    neededMemory(config, size, choice),
    neededMemory(config, size, choice, 16),
  ]);
  return MARGIN * (PROCESS_BYTES + Math.max(...needed));
}

/** About how many bytes the process takes that computes an image whole. */
export function wholeMemory(config: ModelConfig, seen: Size, choice: MemoryChoice): number {
  return PROCESS_BYTES + neededMemory(config, seen, choice);
}

/** About how many bytes of memory a prediction takes with ONNX Runtime on a CPU of a block, beside the process. */
export function neededMemory(
  config: ModelConfig,
  { width, height }: Size,
  choice: MemoryChoice,
  block: ChannelBlock = 8,
): number {
  const { runs, fixed } = ofNetwork(config, choice.scales, choice.combine);
  const { taken } = runBytes(runs[block], sidesOf(height, width));
  return fixed + taken + width * height * ofResults(config, choice);
}

/** Bytes of the copies of the results, for each pixel. */
function ofResults({ classes }: ModelConfig, { logits = false, flip = false }: MemoryChoice): number {
  return LOGITS_COPIES * (flip ? 2 : logits ? 1 : 0) * 4 * classes;
}

function sidesOf(height: number, width: number): ReadonlyMap<string, number> {
  return new Map([
    ['H', height],
    ['W', width],
  ]);
}

interface NetworkBytes {
  /** By the processor's block of channels. */
  readonly runs: Readonly<Record<ChannelBlock, CpuRun>>;
  /** Of the weights and the kernels. */
  readonly fixed: number;
  /** Of the tensors that are alive at once, for each pixel of the image. */
  readonly perPixel: number;
}
const measured = new WeakMap<ModelConfig, Map<string, NetworkBytes>>();

/** What a network takes, from its graph. */
function ofNetwork(config: ModelConfig, scales: readonly number[], combine: Combination): NetworkBytes {
  const known = measured.get(config) ?? new Map<string, NetworkBytes>();
  measured.set(config, known);
  const key = `${combine} ${scales.join(' ')}`;
  const bytes = known.get(key) ?? bytesOfNetwork(config, scales, combine);
  known.set(key, bytes);
  return bytes;
}

function bytesOfNetwork(config: ModelConfig, scales: readonly number[], combine: Combination): NetworkBytes {
  const graph = computedGraph(inferenceOutputs(config, { scales, combine, check: true }));
  const runs = { 8: cpuRun(graph), 16: cpuRun(graph, 16) };
  let weights = 0;
  for (const [, { variable }] of declareVariables(config))
    weights += 4 * elementCount(variable.attributes.shape as readonly number[]);
  const { alive } = runBytes(runs[8], sidesOf(TYPICAL_SIDE, TYPICAL_SIDE));
  return {
    runs,
    fixed: WEIGHT_COPIES * weights + KERNEL_BYTES * runs[8].steps.length,
    perPixel: alive / TYPICAL_SIDE ** 2,
  };
}

/** The most pixels of the image at the highest scale. The shipped model takes 9.3 GB for twice as many. */
const MOST_PIXELS = 2 ** 24;
/** The most logits at the highest scale: 4 GiB. */
const MOST_LOGITS = 2 ** 30;
/** The highest scale at which images of any size are computed, in tiles: networks are published with scales up to 2. */
const FREE_SCALE = 2;
/** The most pixels at a higher scale: as many as a photograph of Cityscapes has at scale 2. */
const MOST_ENLARGED = 2 ** 23;

function mostPixels(classes: number): number {
  return Math.min(MOST_PIXELS, Math.floor(MOST_LOGITS / classes));
}

/** Whether an image at its highest scale has no more pixels and logits than should be computed at once. */
export function isModest({ width, height }: Size, classes: number, scale: number): boolean {
  return width * height * scale ** 2 <= mostPixels(classes);
}

/**
 * @throws HmsaError when a size to export for has, at its highest scale, more pixels or logits than any machine should compute
 *   at once
 */
export function checkExportedSize(size: Size, classes: number, scale: number): void {
  if (isModest(size, classes, scale)) return;
  refuseWork(size, scale, {
    operation: 'size',
    expected: `at most ${million(mostPixels(classes))} pixels at the highest scale, with ${classes} classes`,
    remedy: 'Export for smaller images, or give lower scales (--scales 0.5,1).',
  });
}

/**
 * Photographs may be of any size: tiles compute them. But a scale multiplies their pixels by its square, and neither a model file
 * nor a slip of the hand may turn a small photograph into hours of work.
 *
 * @throws HmsaError when a high scale makes more of an image than is computed at once
 */
export function checkEnlargement(seen: Size, classes: number, scale: number): void {
  const most = Math.min(MOST_ENLARGED, mostPixels(classes));
  if (scale <= FREE_SCALE || seen.width * seen.height * scale ** 2 <= most) return;
  refuseWork(seen, scale, {
    operation: 'segment',
    expected: `at most ${million(most)} pixels at a scale above ${FREE_SCALE}`,
    remedy: 'Give lower scales (--scales 0.5,1), or reduce the image (--max-side).',
  });
}

function refuseWork(
  { width, height }: Size,
  scale: number,
  { operation, expected, remedy }: { operation: string; expected: string; remedy: string },
): never {
  const received = `${width}×${height} at scale ${scale}, which is ${million(width * height * scale ** 2)}`;
  throw new HmsaError({ operation, expected, received, remedy });
}

function million(count: number): string {
  return `${(count / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} million`;
}
