import { checkArgument } from '../../base/errors/index.js';

/** What a scale found, as `Segmentation.scales` of a model holds it with `details`. */
export interface ScaleDetails {
  readonly scale: number;
  /** Train ids, H·W. */
  readonly labels: Uint8Array;
  /** H·W, 0 … 1, see `ScaleSegmentation.attention`. */
  readonly attention?: Float32Array;
}

/**
 * The share of each scale in the result, H·W each; they sum to 1 at each pixel. With adjacent attention α, from the lowest scale
 * up, a scale has α of what the lower ones leave, and the highest has the rest; with attention over all scales, a share is the
 * attention itself.
 *
 * @param scales highest first
 * @returns undefined if the scales were not weighed by attention: one scale alone, an average, a maximum
 */
export function scaleWeights(scales: readonly ScaleDetails[]): Float32Array[] | undefined {
  const isList = (list: unknown) =>
    Array.isArray(list) && list.every((one) => one?.labels instanceof Uint8Array);
  checkArgument(isList(scales), 'scaleWeights', 'the scales of a segmentation with details', scales);
  if (scales.length < 2 || scales.slice(1).some(({ attention }) => attention === undefined)) return undefined;
  if (scales[0]!.attention !== undefined) return scales.map(({ attention }) => attention!);
  const left = new Float32Array(scales[0]!.labels.length).fill(1);
  const weights: Float32Array[] = new Array(scales.length);
  for (let index = scales.length - 1; index > 0; index--) {
    const attention = scales[index]!.attention!;
    weights[index] = attention.map((alpha, i) => alpha * left[i]!);
    for (let i = 0; i < left.length; i++) left[i]! *= 1 - attention[i]!;
  }
  weights[0] = left;
  return weights;
}

/**
 * The scale with the largest share at each pixel, as its index; the higher scale where two are equal.
 *
 * @param weights H·W for each scale, highest first
 */
export function winners(weights: readonly Float32Array[]): Uint8Array {
  return Uint8Array.from(weights[0]!, (_, i) => {
    let best = 0;
    for (let index = 1; index < weights.length; index++)
      if (weights[index]![i]! > weights[best]![i]!) best = index;
    return best;
  });
}
