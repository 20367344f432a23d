import { float32, uint8 } from '../base/arrays.js';
import type { Pixels } from '../base/pixels.js';
import type { Size } from '../data/index.js';
import type { NamedArrays } from '../engine/runtime/index.js';
import type { Combination } from '../model/index.js';
import { outputNames } from './inference-graph.js';

/** The RGB image, with left and right exchanged. */
export function mirrored({ data, width, height }: Pixels): Pixels {
  const result = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--, to += 3) {
      const from = (y * width + x) * 3;
      result[to] = data[from]!;
      result[to + 1] = data[from + 1]!;
      result[to + 2] = data[from + 2]!;
    }
  }
  return { data: result, width, height };
}

/**
 * The labels for the average of an image's logits with those of its mirror image, which is how published results average flips.
 *
 * @param own the logits of the image, classes·H·W, which are overwritten with the average
 * @param other those of its mirror image
 * @param options.isProbability whether the logits are probabilities, as those of the combination `max` are
 */
export function averaged(
  own: Size & { readonly logits: Float32Array },
  other: { readonly logits: Float32Array },
  { isProbability, withConfidence }: { readonly isProbability: boolean; readonly withConfidence: boolean },
): { readonly labels: Uint8Array; readonly confidence: Float32Array; readonly logits: Float32Array } {
  const { width, height } = own;
  const pixels = width * height;
  const { logits } = own;
  const flipped = other.logits;
  const labels = new Uint8Array(pixels);
  const most = new Float32Array(pixels).fill(Number.NEGATIVE_INFINITY);
  // Class by class, so that the memory is read in its order.
  for (let id = 0, at = 0; at < logits.length; id++) {
    for (let y = 0, pixel = 0; y < height; y++) {
      let opposite = id * pixels + y * width + width - 1;
      for (let x = 0; x < width; x++, at++, pixel++, opposite--) {
        const value = (logits[at]! + flipped[opposite]!) / 2;
        logits[at] = value;
        // As rounded in the array, so that labels and logits agree.
        if (logits[at]! <= most[pixel]!) continue;
        most[pixel] = value;
        labels[pixel] = id;
      }
    }
  }
  if (!withConfidence) return { labels, confidence: most, logits };
  return { labels, confidence: isProbability ? most : confidences(logits, most), logits };
}

/** The softmax of each pixel's largest logit. */
function confidences(logits: Float32Array, most: Float32Array): Float32Array {
  const sums = new Float64Array(most.length);
  for (let at = 0; at < logits.length; ) {
    for (let pixel = 0; pixel < most.length; pixel++, at++)
      sums[pixel]! += Math.exp(logits[at]! - most[pixel]!);
  }
  return Float32Array.from(sums, (sum) => 1 / sum);
}

/** The results of a band for the average of its logits with those of its mirror image. */
export function averageOf({
  combine,
  confidence: withConfidence,
  logits: withLogits,
}: {
  readonly combine: Combination;
  readonly confidence: boolean;
  readonly logits: boolean;
}) {
  return ({ width, height }: Size, own: NamedArrays, mirrored: NamedArrays): NamedArrays => {
    const logitsOf = (results: NamedArrays) => results[outputNames.logits]!.data as Float32Array;
    const size = { width, height };
    const { labels, confidence, logits } = averaged(
      { ...size, logits: logitsOf(own) },
      { logits: logitsOf(mirrored) },
      { isProbability: combine === 'max', withConfidence },
    );
    const { [outputNames.logits]: _, ...rest } = own;
    const shape = [1, height, width];
    return {
      ...rest,
      [outputNames.labels]: uint8(labels, shape),
      ...(withConfidence && { [outputNames.confidence]: float32(confidence, shape) }),
      ...(withLogits && {
        [outputNames.logits]: float32(logits, [1, logits.length / labels.length, height, width]),
      }),
    };
  };
}
