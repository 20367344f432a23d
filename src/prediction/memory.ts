import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
import { peakBytes } from '../engine/graph/index.js';
import type { Combination, ModelConfig } from '../model/index.js';
import { inferenceOutputs } from './inference-graph.js';

/**
 * Bytes of memory for each pixel at the highest scale: a constant part, and a part for each class. Measured with ONNX
 * Runtime's CPU kernels and MobileNetV2: 350 bytes at 11 classes, 1,600 at 100. The logits at full size take most of
 * them.
 */
const FEATURE_BYTES = 200;
const CLASS_BYTES = 14;

/** More bytes for each pixel than any network here takes: below it nothing has to be computed. */
const MOST_BYTES = 2 ** 14;

/**
 * ONNX Runtime's arena and the scratch memory of its kernels, as a multiple of what is alive at once. Measured without its
 * memory pattern, beside {@link SESSION_BYTES}: 1.75 at two scales, 1.6 at three.
 */
const OVERHEAD = 1.75;

/** What a session takes whatever the size of the image is. */
const SESSION_BYTES = 60e6;

/** The side of the image whose graph is measured. */
const MEASURED_SIDE = 256;

/**
 * Refuses an image that would need more memory than there is, because the system would then end the whole process.
 *
 * @param limit bytes
 * @throws HmsaError with the size that fits
 */
export function checkMemory(
  config: ModelConfig,
  seen: Size,
  { scales, combine }: { readonly scales: readonly number[]; readonly combine: Combination },
  limit: number,
): void {
  if (fitsMemory(config, seen, { scales, combine }, limit)) return;
  const needed = neededMemory(config, seen, { scales, combine });
  const side = Math.floor(Math.max(seen.width, seen.height) * Math.sqrt(limit / needed));
  throw new HmsaError({
    operation: 'segment',
    expected: `an image that can be labelled in ${gigabytes(limit)} of memory`,
    received: `${seen.width}×${seen.height} pixels at scales ${scales.join(', ')}, which take about ${gigabytes(needed)}`,
    remedy: `Reduce it (--max-side ${side} or less), or leave out the large scales.`,
  });
}

/** Whether an image can be computed whole in `limit` bytes. */
export function fitsMemory(
  config: ModelConfig,
  seen: Size,
  choice: { readonly scales: readonly number[]; readonly combine: Combination },
  limit: number,
): boolean {
  const pixels = seen.width * seen.height * Math.max(...choice.scales) ** 2;
  return pixels * MOST_BYTES <= limit || neededMemory(config, seen, choice) <= limit;
}

/** About how many bytes of memory a prediction takes with ONNX Runtime on a CPU. */
export function neededMemory(
  config: ModelConfig,
  { width, height }: Size,
  { scales, combine }: { readonly scales: readonly number[]; readonly combine: Combination },
): number {
  const perPixel = Math.max(
    FEATURE_BYTES + CLASS_BYTES * config.classes,
    activationBytes(config, scales, combine),
  );
  return SESSION_BYTES + width * height * Math.max(...scales) ** 2 * perPixel;
}

const measured = new WeakMap<ModelConfig, Map<string, number>>();

/** Bytes that the activations of a network take for each pixel at the highest scale, from its graph. */
function activationBytes(config: ModelConfig, scales: readonly number[], combine: Combination): number {
  const known = measured.get(config) ?? new Map<string, number>();
  measured.set(config, known);
  const key = `${combine} ${scales.join(' ')}`;
  let bytes = known.get(key);
  if (bytes === undefined) {
    const size = [MEASURED_SIDE, MEASURED_SIDE] as const;
    const outputs = inferenceOutputs(config, { scales, combine, size });
    bytes = (OVERHEAD * peakBytes(Object.values(outputs))) / (MEASURED_SIDE * Math.max(...scales)) ** 2;
    known.set(key, bytes);
  }
  return bytes;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The most pixels of the image at the highest scale. The shipped model takes 9.3 GB for twice as many. */
const MOST_PIXELS = 2 ** 24;
/** The most logits at the highest scale: 4 GiB. */
const MOST_LOGITS = 2 ** 30;

function mostPixels(classes: number): number {
  return Math.min(MOST_PIXELS, Math.floor(MOST_LOGITS / classes));
}

/** Whether an image at its highest scale has no more pixels and logits than should be computed at once. */
export function isModest({ width, height }: Size, classes: number, scale: number): boolean {
  return width * height * scale ** 2 <= mostPixels(classes);
}

/**
 * @param operation what errors call the size, and what to do
 * @throws HmsaError when the image at its highest scale has more pixels or logits than any machine should compute
 */
export function checkWork(
  { width, height }: Size,
  classes: number,
  scale: number,
  operation: 'segment' | 'size' = 'segment',
): void {
  if (isModest({ width, height }, classes, scale)) return;
  const [pixels, most] = [width * height * scale ** 2, mostPixels(classes)];
  const million = (count: number) =>
    `${(count / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 })} million`;
  const smaller = operation === 'segment' ? 'Reduce the image (--max-side)' : 'Export for smaller images';
  throw new HmsaError({
    operation,
    expected: `at most ${million(most)} pixels at the highest scale, with ${classes} classes`,
    received: `${width}×${height} at scale ${scale}, which is ${million(pixels)}`,
    remedy: `${smaller}, or give lower scales (--scales 0.5,1).`,
  });
}
