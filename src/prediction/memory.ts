import { HmsaError } from '../base/errors/index.js';
import type { Size } from '../data/index.js';
import type { ModelConfig } from '../model/index.js';

/**
 * Bytes of memory for each pixel at the highest scale: a constant part, and a part for each class. Measured with ONNX
 * Runtime's CPU kernels and MobileNetV2: 350 bytes at 11 classes, 1,600 at 100. The logits at full size take most of
 * them.
 */
const FEATURE_BYTES = 200;
const CLASS_BYTES = 14;

/**
 * Refuses an image that would need more memory than there is, because the system would then end the whole process.
 *
 * @param limit bytes
 * @throws HmsaError with the size that fits
 */
export function checkMemory(
  { classes }: ModelConfig,
  seen: Size,
  scales: readonly number[],
  limit: number,
): void {
  const perPixel = (FEATURE_BYTES + CLASS_BYTES * classes) * Math.max(...scales) ** 2;
  const needed = seen.width * seen.height * perPixel;
  if (needed <= limit) return;
  const side = Math.floor(Math.max(seen.width, seen.height) * Math.sqrt(limit / needed));
  throw new HmsaError({
    operation: 'segment',
    expected: `an image that can be labelled in ${gigabytes(limit)} of memory`,
    received: `${seen.width}×${seen.height} pixels at scales ${scales.join(', ')}, which take about ${gigabytes(needed)}`,
    remedy: `Reduce it (--max-side ${side} or less), or leave out the large scales.`,
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The most pixels of the image at the highest scale. The shipped model takes 9.3 GB for twice as many. */
const MOST_PIXELS = 2 ** 24;
/** The most logits at the highest scale: 4 GiB. */
const MOST_LOGITS = 2 ** 30;

/** @throws HmsaError when the image at its highest scale has more pixels or logits than any machine should compute */
export function checkWork({ width, height }: Size, classes: number, scale: number): void {
  const pixels = width * height * scale ** 2;
  const most = Math.min(MOST_PIXELS, Math.floor(MOST_LOGITS / classes));
  if (pixels <= most) return;
  const million = (count: number) => `${(count / 1e6).toPrecision(3)} million`;
  throw new HmsaError({
    operation: 'segment',
    expected: `at most ${million(most)} pixels at the highest scale, with ${classes} classes`,
    received: `${width}×${height} at scale ${scale}, which is ${million(pixels)}`,
    remedy: 'Reduce the image (--max-side), or give lower scales (--scales 0.5,1).',
  });
}
