import {
  apply,
  constant,
  expectDType,
  expectRank,
  type Operator,
  staticShape,
  type Tensor,
} from '../../graph/index.js';
import { mul } from '../arithmetic.js';
import { smallestSource } from '../convolution/geometry.js';
import { convTranspose2d } from '../convolution/index.js';
import { mean } from '../reductions.js';
import {
  forEachWindow,
  onnxPooling,
  type PoolingGeometry,
  type PoolingOptions,
  pooledShape,
  poolingGeometry,
} from './window.js';

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
