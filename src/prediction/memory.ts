import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
import { peakBytes, type Tensor } from '../engine/graph/index.js';
import { isConv2d } from '../engine/ops/index.js';
import { convolveBeforeResize } from '../engine/passes/index.js';
import { type Combination, declareVariables, type ModelConfig } from '../model/index.js';
import { inferenceOutputs } from './inference-graph.js';

/** More bytes for each pixel at the highest scale than any network here takes: below it nothing has to be computed. */
const MOST_BYTES = 2 ** 14;

/**
 * What the process takes beside a prediction: Node, sharp and ONNX Runtime. This, the copies of the weights and the overhead were
 * fitted on Linux to the shipped model, whole images of 0.1 to 8 megapixels at one, two and three scales, and to DeepLabV3+ with
 * ResNet-50: peaks lie between 13% below and 9% above the estimate. HRNet with OCR takes up to 29% more than it (docs/prediction.md).
 */
const PROCESS_BYTES = 215e6;
/** The weights as read, folded, in the file of the graph, and as ONNX Runtime holds them. */
const WEIGHT_COPIES = 5;
/** ONNX Runtime's arena, which grows by doubling, and the scratch memory of its kernels: a multiple of what is alive at once. */
const OVERHEAD = 1.2;
/** An image is computed whole where so many times what it needs is free, so that the peak stays below the limit. */
const MARGIN = 1.25;
/** Copies of the class scores if they are results; for the mirror image twice. */
const LOGITS_COPIES = 5;

/** The side of the image whose graph is measured. */
const MEASURED_SIDE = 256;

/** How a prediction is made, as far as its memory depends on it. */
export interface MemoryChoice {
  readonly scales: readonly number[];
  readonly combine: Combination;
  readonly logits?: boolean;
  readonly flip?: boolean;
}

/** Whether an image can be computed whole in `limit` bytes, in a process that does nothing else. */
export function fitsMemory(config: ModelConfig, seen: Size, choice: MemoryChoice, limit: number): boolean {
  if (limit === Number.POSITIVE_INFINITY) return true;
  const pixels = seen.width * seen.height * Math.max(...choice.scales) ** 2;
  return pixels * MOST_BYTES <= limit - PROCESS_BYTES || leastMemory(config, seen, choice) <= limit;
}

/** With how many bytes an image is computed whole. */
export function leastMemory(config: ModelConfig, seen: Size, choice: MemoryChoice): number {
  return PROCESS_BYTES + MARGIN * neededMemory(config, seen, choice);
}

/** About how many bytes the process takes that computes an image whole. */
export function wholeMemory(config: ModelConfig, seen: Size, choice: MemoryChoice): number {
  return PROCESS_BYTES + neededMemory(config, seen, choice);
}

/** About how many bytes of memory a prediction takes with ONNX Runtime on a CPU, beside the process. */
export function neededMemory(config: ModelConfig, { width, height }: Size, choice: MemoryChoice): number {
  const { scales, combine, logits = false, flip = false } = choice;
  const highest = Math.max(...scales) ** 2;
  const results = LOGITS_COPIES * (flip ? 2 : logits ? 1 : 0) * 4 * config.classes;
  const { perPixel, weights } = ofNetwork(config, scales, combine);
  return WEIGHT_COPIES * weights + width * height * (highest * perPixel + results);
}

interface NetworkBytes {
  /** Of the activations, for each pixel at the highest scale. */
  readonly perPixel: number;
  /** Of the weights in float32. */
  readonly weights: number;
}
const measured = new WeakMap<ModelConfig, Map<string, NetworkBytes>>();

/** What a network takes, from its graph. */
function ofNetwork(config: ModelConfig, scales: readonly number[], combine: Combination): NetworkBytes {
  const known = measured.get(config) ?? new Map<string, NetworkBytes>();
  measured.set(config, known);
  const key = `${combine} ${scales.join(' ')}`;
  let bytes = known.get(key);
  if (bytes === undefined) {
    const size = [MEASURED_SIDE, MEASURED_SIDE] as const;
    const plain = { outputs: inferenceOutputs(config, { scales, combine, size }) };
    const outputs = Object.values<Tensor>(convolveBeforeResize(plain).outputs);
    const area = (MEASURED_SIDE * Math.max(...scales)) ** 2;
    let weights = 0;
    for (const [, { variable }] of declareVariables(config))
      weights +=
        4 * (variable.attributes.shape as readonly number[]).reduce((product, side) => product * side, 1);
    bytes = { perPixel: (OVERHEAD * peakBytes(outputs, new Map(), reordered)) / area, weights };
    known.set(key, bytes);
  }
  return bytes;
}

/** What ONNX Runtime's CPU copies before an operator: convolutions take channels in blocks, and others take them apart. */
function reordered(tensor: Tensor): readonly Tensor[] {
  if (isConv2d(tensor)) return tensor.inputs.slice(0, 1).filter((image) => !isInBlocks(image));
  return isInBlocks(tensor) ? [] : tensor.inputs.filter(isInBlocks);
}

/** Whether a tensor comes from a convolution, in blocks. */
function isInBlocks(tensor: Tensor): boolean {
  if (isConv2d(tensor)) return true;
  if (tensor.operator.name === 'concat') return tensor.inputs.every(isInBlocks);
  return KEEP_BLOCKS.has(tensor.operator.name) && isInBlocks(tensor.inputs[0]!);
}
const KEEP_BLOCKS = new Set(['relu', 'relu6', 'clip', 'batchNormInference']);

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
