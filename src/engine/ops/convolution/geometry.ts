import type { DType } from '../../../base/arrays.js';
import { checkArgument, isObject } from '../../../base/errors/index.js';
import {
  affine,
  type Dim,
  describe,
  expectDType,
  expectRank,
  shapeError,
  staticSide,
  type Tensor,
} from '../../graph/index.js';

/** How a kernel moves over an image. All pairs are [vertical, horizontal]. */
export interface ConvolutionGeometry {
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Zeros around the image. */
  readonly padding: readonly [top: number, left: number, bottom: number, right: number];
  /** Channels are split into this many groups that do not see each other. */
  readonly groups: number;
}

/** The geometry of a convolution whose padding may depend on a free side; see {@link ConvolutionOptions}. */
export type ImageGeometry = Omit<ConvolutionGeometry, 'padding'> & {
  readonly padding: ConvolutionGeometry['padding'] | 'same';
};

/** The options of a convolution as its caller writes them: one number stands for both axes or all sides. */
export interface ConvolutionOptions {
  readonly stride?: number | readonly [number, number];
  readonly dilation?: number | readonly [number, number];
  /**
   * `same`, of `conv2d` alone: zeros such that the result has ⌈side / stride⌉, the odd one at the bottom or right, as TensorFlow
   * has it (ONNX's SAME_UPPER). At stride 2 a kernel of 3 gets them on both ends of an odd side, and behind an even one.
   */
  readonly padding?: number | readonly [top: number, left: number, bottom: number, right: number] | 'same';
  readonly groups?: number;
}

/** {@link geometryOf} with numbers for `same`, unless the sides of the image are free and strided. */
export function imageGeometryOf(
  operator: string,
  { padding, ...options }: ConvolutionOptions,
  sides: readonly [Dim, Dim],
  kernel: readonly [number, number],
): ImageGeometry {
  if (padding !== 'same')
    return geometryOf(operator, { ...options, ...(padding !== undefined && { padding }) });
  const geometry = geometryOf(operator, options);
  const around = paddedAround(sides, kernel, geometry);
  if (around !== undefined) return { ...geometry, padding: around };
  // ONNX Runtime refuses this with dilations.
  if (geometry.dilation.some((dilation) => dilation !== 1)) {
    shapeError(operator, "padding 'same' of free sides by a stride or a dilation", 'both');
  }
  return { ...geometry, padding: 'same' };
}

/** The zeros that `same` stands for; undefined where they depend on a free side. */
export function paddedAround(
  sides: readonly [Dim, Dim],
  kernel: readonly [number, number],
  { stride, dilation }: Pick<ConvolutionGeometry, 'stride' | 'dilation'>,
): ConvolutionGeometry['padding'] | undefined {
  const totals = ([0, 1] as const).map((axis) => {
    const [side, step] = [sides[axis], stride[axis]];
    const reach = dilation[axis] * (kernel[axis] - 1) + 1;
    if (step === 1) return reach - 1;
    if (typeof side !== 'number') return undefined;
    return Math.max(0, (Math.ceil(side / step) - 1) * step + reach - side);
  });
  const [vertical, horizontal] = totals;
  if (vertical === undefined || horizontal === undefined) return undefined;
  const [top, left] = [Math.floor(vertical / 2), Math.floor(horizontal / 2)];
  return [top, left, vertical - top, horizontal - left];
}

/** @throws HmsaError when a stride, dilation or group count is not a positive integer or a padding is negative */
export function geometryOf(operator: string, options: ConvolutionOptions): ConvolutionGeometry {
  checkArgument(isObject(options), operator, 'an object of options', options);
  const { stride = 1, dilation = 1, padding = 0, groups = 1 } = options;
  checkArgument(padding !== 'same', `${operator}, padding`, 'a number or 4 of them', padding);
  for (const [what, value, length] of [
    ['stride', stride, 2],
    ['dilation', dilation, 2],
    ['padding', padding, 4],
  ] as const) {
    const fits = typeof value === 'number' || (Array.isArray(value) && value.length === length);
    checkArgument(fits, `${operator}, ${what}`, `a number or ${length} of them`, value);
  }
  const geometry: ConvolutionGeometry = {
    stride: typeof stride === 'number' ? [stride, stride] : stride,
    dilation: typeof dilation === 'number' ? [dilation, dilation] : dilation,
    padding: typeof padding === 'number' ? [padding, padding, padding, padding] : padding,
    groups,
  };
  const positive = [...geometry.stride, ...geometry.dilation, groups];
  if (
    !positive.every((n) => Number.isInteger(n) && n >= 1) ||
    !geometry.padding.every((n) => Number.isInteger(n) && n >= 0)
  ) {
    shapeError(
      operator,
      'strides, dilations and groups from 1 and paddings from 0, all whole',
      JSON.stringify(options),
    );
  }
  return geometry;
}

/** ⌊(side + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1, with the padding `same` ⌈side / stride⌉ */
export function convolvedSide(side: Dim, kernel: number, geometry: ImageGeometry, axis: 0 | 1): Dim {
  const { stride, dilation, padding } = geometry;
  if (padding === 'same') return affine(side, 1, stride[axis] - 1, stride[axis]);
  const around = padding[axis] + padding[axis + 2]!;
  return affine(side, 1, around - dilation[axis] * (kernel - 1) - 1 + stride[axis], stride[axis]);
}

/** (side − 1)·stride + dilation·(kernel − 1) + 1 − padding: the smallest image that is convolved to `side`. */
export function smallestSource(side: Dim, kernel: number, geometry: ConvolutionGeometry, axis: 0 | 1): Dim {
  const { stride, dilation, padding } = geometry;
  const around = padding[axis] + padding[axis + 2]!;
  return affine(side, stride[axis], dilation[axis] * (kernel - 1) + 1 - around - stride[axis], 1);
}

/** Checks an image [N, C, H, W] and gives its channel count. */
export function imageChannels(
  operator: string,
  what: string,
  image: Tensor,
  dtype: DType = 'float32',
): number {
  expectRank(operator, `${what} [N, C, H, W]`, image, 4);
  expectDType(operator, what, image, dtype);
  return staticSide(operator, `a channel count of ${what}`, image.shape[1]!);
}

/** Checks a kernel [first, second, kH, kW] and gives its sides. */
export function kernelSides(
  operator: string,
  kernel: Tensor,
  dtype: DType = 'float32',
): [first: number, second: number, height: number, width: number] {
  expectRank(operator, 'a weight of four axes', kernel, 4);
  expectDType(operator, 'a weight', kernel, dtype);
  const sides = kernel.shape.map((side) =>
    staticSide(operator, `a weight of fixed shape (${describe(kernel)})`, side),
  );
  return sides as [number, number, number, number];
}

/** The attributes of ONNX's Conv and ConvTranspose. */
export function onnxGeometry(geometry: ImageGeometry, kernel: readonly [number, number]) {
  const { stride, dilation, padding, groups } = geometry;
  return {
    strides: [...stride],
    dilations: [...dilation],
    ...(padding === 'same' ? { auto_pad: 'SAME_UPPER' } : { pads: [...padding] }),
    group: groups,
    kernel_shape: [...kernel],
  };
}
