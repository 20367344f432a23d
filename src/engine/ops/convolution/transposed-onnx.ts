import type { OnnxEmitter } from '../../graph/index.js';
import { type ConvolutionGeometry, onnxGeometry } from './geometry.js';

/**
 * At stride 1 a transposed convolution is a convolution with the kernel flipped and its channels swapped, which
 * ONNX Runtime's CPU computes about twice as fast as its ConvTranspose. With many groups of several channels that give one each it
 * is the other way round: 38 groups of 9 channels at 87×119 took 2.4 ms as ConvTranspose and 6.7 as Conv.
 */
export function emitConvTranspose2d(
  emitter: OnnxEmitter,
  inputs: readonly string[],
  [first, perGroup, kernelHeight, kernelWidth]: readonly [number, number, number, number],
  geometry: ConvolutionGeometry,
  outputPadding: readonly [number, number],
): string {
  const kernel = [kernelHeight, kernelWidth] as const;
  const flippedPadding = geometry.padding.map(
    (before, side) => geometry.dilation[side % 2]! * (kernel[side % 2]! - 1) - before,
  ) as [number, number, number, number];
  const isUnitStride =
    geometry.stride.every((step) => step === 1) && outputPadding.every((extra) => extra === 0);
  const groupsGiveOne = geometry.groups > 1 && perGroup === 1 && first > geometry.groups;
  if (!isUnitStride || groupsGiveOne || flippedPadding.some((side) => side < 0)) {
    return emitter.node('ConvTranspose', inputs, {
      ...onnxGeometry(geometry, kernel),
      output_padding: [...outputPadding],
    });
  }
  const [x, weight, ...bias] = inputs;
  const flipped = emitFlipped(emitter, weight!, [first, perGroup, ...kernel], geometry.groups);
  return emitter.node(
    'Conv',
    [x!, flipped, ...bias],
    onnxGeometry({ ...geometry, padding: flippedPadding }, kernel),
  );
}

/** Flips a weight [in, out / groups, kH, kW] in space and swaps its channels to [out, in / groups, kH, kW]. */
function emitFlipped(
  emitter: OnnxEmitter,
  weight: string,
  [first, perGroup, height, width]: readonly [number, number, number, number],
  groups: number,
): string {
  let result = weight;
  if (first / groups !== 1 || perGroup !== 1) {
    // Each group's channels are swapped on their own.
    const split = emitter.shared('Reshape', [
      result,
      emitter.ints([groups, first / groups, perGroup, height, width]),
    ]);
    const swapped = emitter.shared('Transpose', [split], { perm: [0, 2, 1, 3, 4] });
    result = emitter.shared('Reshape', [
      swapped,
      emitter.ints([groups * perGroup, first / groups, height, width]),
    ]);
  }
  if (height === 1 && width === 1) return result;
  const beforeTheFirst = Number.MIN_SAFE_INTEGER;
  return emitter.shared('Slice', [
    result,
    emitter.ints([-1, -1]),
    emitter.ints([beforeTheFirst, beforeTheFirst]),
    emitter.ints([2, 3]),
    emitter.ints([-1, -1]),
  ]);
}
