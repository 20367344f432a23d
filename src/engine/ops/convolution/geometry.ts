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

/** The options of a convolution as its caller writes them: one number stands for both axes or all sides. */
export interface ConvolutionOptions {
  readonly stride?: number | readonly [number, number];
  readonly dilation?: number | readonly [number, number];
  readonly padding?: number | readonly [top: number, left: number, bottom: number, right: number];
  readonly groups?: number;
}

/** @throws HmsaError when a stride, dilation or group count is not a positive integer or a padding is negative */
export function geometryOf(operator: string, options: ConvolutionOptions): ConvolutionGeometry {
  checkArgument(isObject(options), operator, 'an object of options', options);
  const { stride = 1, dilation = 1, padding = 0, groups = 1 } = options;
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

/** ⌊(side + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 */
export function convolvedSide(side: Dim, kernel: number, geometry: ConvolutionGeometry, axis: 0 | 1): Dim {
  const { stride, dilation, padding } = geometry;
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
export function imageChannels(operator: string, what: string, image: Tensor): number {
  expectRank(operator, `${what} [N, C, H, W]`, image, 4);
  expectDType(operator, what, image, 'float32');
  return staticSide(operator, `a channel count of ${what}`, image.shape[1]!);
}

/** Checks a kernel [first, second, kH, kW] and gives its sides. */
export function kernelSides(
  operator: string,
  kernel: Tensor,
): [first: number, second: number, height: number, width: number] {
  expectRank(operator, 'a weight of four axes', kernel, 4);
  expectDType(operator, 'a weight', kernel, 'float32');
  const sides = kernel.shape.map((side) =>
    staticSide(operator, `a weight of fixed shape (${describe(kernel)})`, side),
  );
  return sides as [number, number, number, number];
}

/** The attributes of ONNX's Conv and ConvTranspose. */
export function onnxGeometry(geometry: ConvolutionGeometry, kernel: readonly [number, number]) {
  const { stride, dilation, padding, groups } = geometry;
  return {
    strides: [...stride],
    dilations: [...dilation],
    pads: [...padding],
    group: groups,
    kernel_shape: [...kernel],
  };
}
