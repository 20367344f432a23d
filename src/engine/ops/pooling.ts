import { checkArgument, isObject } from '../../base/errors/index.js';
import {
  apply,
  constant,
  type Dim,
  describe,
  expectDType,
  expectRank,
  type Operator,
  shapeError,
  staticShape,
  type Tensor,
  type Value,
} from '../graph/index.js';
import { mul } from './arithmetic.js';
import { convTranspose2d } from './convolution/convolution.js';
import {
  type ConvolutionGeometry,
  convolvedSide,
  geometryOf,
  imageChannels,
  onnxGeometry,
  smallestSource,
} from './convolution/geometry.js';
import { mean } from './reductions.js';

/** The windows of a pooling: a convolution's geometry, channel by channel, and the sides of the kernel. */
interface PoolingGeometry extends ConvolutionGeometry {
  readonly kernel: readonly [number, number];
}

/** The options of a pooling as its caller writes them: one number stands for both axes or all sides. */
export interface PoolingOptions {
  readonly kernel: number | readonly [number, number];
  /** Default: the sides of the kernel. */
  readonly stride?: number | readonly [number, number];
  readonly padding?: number | readonly [top: number, left: number, bottom: number, right: number];
}

/** @throws HmsaError where a window could lie in the padding alone, or a number is not whole or too small */
function poolingGeometry(
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
function pooledShape(operator: string, x: Tensor, geometry: PoolingGeometry): Dim[] {
  imageChannels(operator, 'an image', x);
  const height = convolvedSide(x.shape[2]!, geometry.kernel[0], geometry, 0);
  const width = convolvedSide(x.shape[3]!, geometry.kernel[1], geometry, 1);
  if ((typeof height === 'number' && height < 1) || (typeof width === 'number' && width < 1)) {
    shapeError(operator, `an image that a ${geometry.kernel.join('×')} window fits into`, describe(x));
  }
  return [x.shape[0]!, x.shape[1]!, height, width];
}

/** Calls back with the indices, in row-major order, of the pixels of x that each element of the result sees. */
function forEachWindow(
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
function onnxPooling(geometry: PoolingGeometry) {
  const { group: _, ...attributes } = onnxGeometry(geometry, geometry.kernel);
  return attributes;
}

interface AverageAttributes extends PoolingGeometry {
  readonly countPadding: boolean;
}

const averagePoolOperator: Operator<AverageAttributes> = {
  name: 'averagePool2d',
  shape: ([x], geometry) => ({ shape: pooledShape('averagePool2d', x!, geometry), dtype: 'float32' }),
  reference([x], { countPadding, ...geometry }, output) {
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    forEachWindow(x!, output, geometry, (pixels, at) => {
      const total = pixels.reduce((sum, pixel) => sum + x!.data[pixel]!, 0);
      result[at] = total / (countPadding ? geometry.kernel[0] * geometry.kernel[1] : pixels.length);
    });
    return result;
  },
  gradient(g, { inputs: [x], attributes }) {
    const [, channels, ...sides] = staticShape('averagePool2d', x!) as [number, number, number, number];
    const { kernel, stride, padding } = attributes;
    const outputPadding = ([0, 1] as const).map(
      (axis) => sides[axis] - (smallestSource(g.shape[axis + 2]!, kernel[axis], attributes, axis) as number),
    );
    // Each pixel gets its share of every window that sees it: a transposed convolution, channel by channel.
    const ones = constant(new Array<number>(channels * kernel[0] * kernel[1]).fill(1), [
      channels,
      1,
      ...kernel,
    ]);
    return [
      convTranspose2d(mul(g, shares(g, sides, attributes)), ones, {
        stride,
        padding,
        groups: channels,
        outputPadding: [outputPadding[0]!, outputPadding[1]!],
      }),
    ];
  },
  onnx: (emitter, [x], { attributes }) =>
    emitter.node('AveragePool', [x!], {
      ...onnxPooling(attributes),
      count_include_pad: Number(attributes.countPadding),
    }),
};

/** The reciprocal of the number of pixels of each window, [1, 1, H′, W′], if the windows differ in it. */
function shares(
  g: Tensor,
  sides: readonly [number, number],
  { countPadding, ...geometry }: AverageAttributes,
): Tensor | number {
  const [height, width] = [g.shape[2] as number, g.shape[3] as number];
  if (countPadding || geometry.padding.every((side) => side === 0)) {
    return 1 / (geometry.kernel[0] * geometry.kernel[1]);
  }
  const result: number[] = [];
  const plane = { shape: [1, 1, ...sides], data: new Float64Array() };
  forEachWindow(plane, [1, 1, height, width], geometry, (pixels) => result.push(1 / pixels.length));
  return constant(result, [1, 1, height, width]);
}

/**
 * The mean of each window.
 *
 * @param x image [N, C, H, W]; differentiable where its sides are numbers
 * @param options with `countPadding` (the default) the zeros of the padding count as pixels
 * @returns [N, C, H′, W′] with H′ = ⌊(H + padding − kernel) / stride⌋ + 1
 * @throws HmsaError when the image is smaller than a window or the padding wider than half of one
 */
export function averagePool2d(
  x: Tensor,
  options: PoolingOptions & { readonly countPadding?: boolean },
): Tensor {
  const { countPadding = true, ...geometry } = options ?? {};
  return apply(averagePoolOperator, [x], { ...poolingGeometry('averagePool2d', geometry), countPadding });
}

/**
 * The mean of each channel over all pixels.
 *
 * @param x image [N, C, H, W]; differentiable where its sides are numbers
 * @returns [N, C, 1, 1]
 * @throws HmsaError when x is no image
 */
export function globalAveragePool(x: Tensor): Tensor {
  expectRank('globalAveragePool', 'an image [N, C, H, W]', x, 4);
  expectDType('globalAveragePool', 'an image', x, 'float32');
  return mean(x, [2, 3]);
}

const maxPoolOperator: Operator<PoolingGeometry> = {
  name: 'maxPool2d',
  shape: ([x], geometry) => ({ shape: pooledShape('maxPool2d', x!, geometry), dtype: 'float32' }),
  reference([x], geometry, output) {
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    forEachWindow(x!, output, geometry, (pixels, at) => {
      result[at] = x!.data[firstLargest(x!, pixels)]!;
    });
    return result;
  },
  gradient: (g, { inputs: [x], attributes }) => [apply(maxPoolGradientOperator, [x!, g], attributes)],
  onnx: (emitter, [x], { attributes }) => emitter.node('MaxPool', [x!], onnxPooling(attributes)),
};

const maxPoolGradientOperator: Operator<PoolingGeometry> = {
  name: 'maxPool2dGradient',
  shape: ([x]) => ({ shape: staticShape('maxPool2dGradient', x!), dtype: 'float32' }),
  reference([x, g], geometry) {
    const result = new Float64Array(x!.data.length);
    forEachWindow(x!, g!.shape, geometry, (pixels, at) => {
      result[firstLargest(x!, pixels)]! += g!.data[at]!;
    });
    return result;
  },
  gradient: 'none',
  // MaxPool runs again here to find the indices. They make it several times slower, so the forward pass does without.
  onnx(emitter, [x, g], { shape, attributes }) {
    const [, indices] = emitter.nodeWithOutputs('MaxPool', [x!], onnxPooling(attributes), 2);
    const flat = (value: string) => emitter.node('Reshape', [value, emitter.ints([-1])]);
    const count = (shape as number[]).reduce((a, b) => a * b, 1);
    const zeros = emitter.node('ConstantOfShape', [emitter.ints([count])]);
    const scattered = emitter.node('ScatterElements', [zeros, flat(indices!), flat(g!)], {
      axis: 0,
      reduction: 'add',
    });
    return emitter.node('Reshape', [scattered, emitter.sides(shape)]);
  },
};

function firstLargest({ data }: Value, pixels: readonly number[]): number {
  return pixels.reduce((best, pixel) => (data[pixel]! > data[best]! ? pixel : best));
}

/**
 * The largest pixel of each window. The first of equal ones, in row-major order, gets the gradient.
 *
 * @param x image [N, C, H, W]; differentiable where its sides are numbers
 * @returns [N, C, H′, W′] with H′ = ⌊(H + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1
 * @throws HmsaError when the image is smaller than a window or the padding wider than half of one
 */
export function maxPool2d(x: Tensor, options: PoolingOptions & { readonly dilation?: number }): Tensor {
  return apply(maxPoolOperator, [x], poolingGeometry('maxPool2d', options));
}
