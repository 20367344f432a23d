import { apply, type Operator, staticShape, type Tensor, type Value } from '../../graph/index.js';
import {
  forEachWindow,
  onnxPooling,
  type PoolingGeometry,
  type PoolingOptions,
  pooledShape,
  poolingGeometry,
} from './window.js';

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
