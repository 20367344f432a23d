import { checkArgument, isObject } from '../../../base/errors/index.js';
import { type Dim, describe, shapeError, type Tensor, type Value } from '../../graph/index.js';
import {
  type ConvolutionGeometry,
  convolvedSide,
  geometryOf,
  imageChannels,
  onnxGeometry,
} from '../convolution/geometry.js';

/** The windows of a pooling: a convolution's geometry, channel by channel, and the sides of the kernel. */
export interface PoolingGeometry extends ConvolutionGeometry {
  readonly kernel: readonly [number, number];
}

/** The options of a pooling as its caller writes them: one number stands for both axes or all sides. */
export interface PoolingOptions {
  readonly kernel: number | readonly [number, number];
  /** The kernel's sides where left out. */
  readonly stride?: number | readonly [number, number];
  readonly padding?: number | readonly [top: number, left: number, bottom: number, right: number];
}

/** @throws HmsaError where a window could lie in the padding alone, or a number is not whole or too small */
export function poolingGeometry(
  operator: string,
  options: PoolingOptions & { readonly dilation?: number },
): PoolingGeometry {
  checkArgument(isObject(options), operator, 'options with a kernel', options);
  const { kernel, stride = kernel, padding = 0, dilation = 1 } = options;
  const isKernel = typeof kernel === 'number' || (Array.isArray(kernel) && kernel.length === 2);
  checkArgument(isKernel, operator, 'a kernel: a side or two', kernel);
  const sides = typeof kernel === 'number' ? ([kernel, kernel] as const) : kernel;
  if (!sides.every((side) => Number.isInteger(side) && side >= 1)) {
    shapeError(operator, 'whole kernel sides of 1 or more', `[${sides}]`);
  }
  const geometry = geometryOf(operator, { stride, padding, dilation });
  const tooWide = geometry.padding.some((side, i) => 2 * side > sides[i % 2]! - (dilation > 1 ? 1 : 0));
  if (tooWide) {
    shapeError(
      operator,
      `a padding of at most half the kernel${dilation > 1 ? ', and less where dilated' : ''}`,
      `padding [${geometry.padding}] for kernel [${sides}]`,
    );
  }
  return { ...geometry, kernel: sides };
}

/** The shape [N, C, H′, W′] of an image [N, C, H, W] after pooling. */
export function pooledShape(operator: string, x: Tensor, geometry: PoolingGeometry): Dim[] {
  imageChannels(operator, 'an image', x);
  const height = convolvedSide(x.shape[2]!, geometry.kernel[0], geometry, 0);
  const width = convolvedSide(x.shape[3]!, geometry.kernel[1], geometry, 1);
  if ((typeof height === 'number' && height < 1) || (typeof width === 'number' && width < 1)) {
    shapeError(operator, `an image that a ${geometry.kernel.join('×')} window fits into`, describe(x));
  }
  return [x.shape[0]!, x.shape[1]!, height, width];
}

/** Calls back with the indices, in row-major order, of the pixels of x that each element of the result sees. */
export function forEachWindow(
  x: Value,
  [batch, channels, height, width]: readonly number[],
  { stride, dilation, padding, kernel }: PoolingGeometry,
  visit: (pixels: number[], at: number) => void,
): void {
  const [sourceHeight, sourceWidth] = [x.shape[2]!, x.shape[3]!];
  let at = 0;
  for (let plane = 0; plane < batch! * channels!; plane++) {
    for (let i = 0; i < height!; i++) {
      for (let j = 0; j < width!; j++) {
        const pixels: number[] = [];
        for (let u = 0; u < kernel[0]; u++) {
          const row = i * stride[0] + u * dilation[0] - padding[0];
          for (let v = 0; v < kernel[1]; v++) {
            const column = j * stride[1] + v * dilation[1] - padding[1];
            if (row < 0 || row >= sourceHeight || column < 0 || column >= sourceWidth) continue;
            pixels.push((plane * sourceHeight + row) * sourceWidth + column);
          }
        }
        visit(pixels, at++);
      }
    }
  }
}

/** The attributes of ONNX's poolings. */
export function onnxPooling(geometry: PoolingGeometry) {
  const { group: _, ...attributes } = onnxGeometry(geometry, geometry.kernel);
  return attributes;
}
