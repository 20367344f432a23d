import { roundHalfToEven } from '../../base/arrays.js';

/** A weight in 8 bits: element i of output channel c is `scales[c] · codes[i]`. */
export interface QuantizedWeight {
  readonly codes: Int8Array;
  /** One for each output channel, above 0. */
  readonly scales: Float32Array;
}

/** The largest code of a weight, so that both signs reach equally far. */
const LARGEST_CODE = 127;

/**
 * Quantises a weight symmetrically, each output channel by its largest element.
 *
 * @param data [out, …], row-major
 * @param leastScales a lower bound of the scale of each channel
 */
export function quantizeWeight(
  data: Float32Array,
  channels: number,
  leastScales?: ArrayLike<number>,
): QuantizedWeight {
  const perChannel = data.length / channels;
  const codes = new Int8Array(data.length);
  const scales = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * perChannel;
    let largest = 0;
    for (let i = start; i < start + perChannel; i++) largest = Math.max(largest, Math.abs(data[i]!));
    const least = Math.max(leastScales?.[channel] ?? 0, SMALLEST_SCALE);
    const scale = Math.fround(Math.max(largest / LARGEST_CODE, least));
    scales[channel] = scale;
    for (let i = start; i < start + perChannel; i++) codes[i] = roundHalfToEven(data[i]! / scale);
  }
  return { codes, scales };
}

/** The smallest scale; float32 still holds its products with the scales of activations. */
const SMALLEST_SCALE = 2 ** -60;

/** The numbers that the codes of a weight stand for. */
export function dequantizeWeight({ codes, scales }: QuantizedWeight): Float32Array {
  const perChannel = codes.length / scales.length;
  return Float32Array.from(codes, (code, i) => code * scales[Math.floor(i / perChannel)]!);
}
