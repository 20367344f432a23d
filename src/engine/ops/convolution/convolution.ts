import { checkArgument, isObject } from '../../../base/errors/index.js';
import {
  affine,
  apply,
  type Dim,
  describe,
  expectDType,
  expectTensor,
  type Operator,
  shapeError,
  staticShape,
  staticSide,
  type Tensor,
} from '../../graph/index.js';
import { sum } from '../reductions.js';
import {
  type ConvolutionGeometry,
  type ConvolutionOptions,
  convolvedSide,
  geometryOf,
  type ImageGeometry,
  imageChannels,
  imageGeometryOf,
  kernelSides,
  onnxGeometry,
  paddedAround,
  smallestSource,
} from './geometry.js';
import { referenceConv2d, referenceConvTranspose2d, referenceWeightGradient } from './reference.js';
import { emitConvTranspose2d } from './transposed-onnx.js';
import { emitWeightGradient } from './weight-gradient-onnx.js';

// The gradients of a convolution, its transpose and its weight's gradient refer to each other, so they share a file.

const conv2dOperator: Operator<ImageGeometry> = {
  name: 'conv2d',
  shape([x, w, bias], geometry) {
    // float16 if all operands are, which only the pass `halve` makes.
    const dtype = x!.dtype === 'float16' ? 'float16' : 'float32';
    const channels = imageChannels('conv2d', 'an image', x!, dtype);
    const [out, perGroup, kernelHeight, kernelWidth] = kernelSides('conv2d', w!, dtype);
    if (bias !== undefined) expectDType('conv2d', 'a bias', bias, dtype);
    if (perGroup * geometry.groups !== channels || out % geometry.groups !== 0) {
      shapeError(
        'conv2d',
        `a weight [out, in / groups, kH, kW] for ${channels} channels in ${geometry.groups} group(s)`,
        describe(w!),
      );
    }
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
      shapeError('conv2d', `a bias [${out}]`, describe(bias));
    }
    const height = convolvedSide(x!.shape[2]!, kernelHeight, geometry, 0);
    const width = convolvedSide(x!.shape[3]!, kernelWidth, geometry, 1);
    if ((typeof height === 'number' && height < 1) || (typeof width === 'number' && width < 1)) {
      shapeError(
        'conv2d',
        `an image that a ${kernelHeight}×${kernelWidth} kernel fits into`,
        describe(x!),
        'Use a larger image.',
      );
    }
    return { shape: [x!.shape[0]!, out, height, width], dtype };
  },
  reference(values, geometry, shape) {
    const [image, kernel] = values.map((value) => value.shape.slice(2) as [number, number]);
    return referenceConv2d(values, withNumbers(geometry, image!, kernel!), shape);
  },
  gradient(g, { inputs: [x, w, bias], attributes }, [toImage, toWeight, toBias]) {
    const [, , kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
    const [, , height, width] = x!.shape as [Dim, Dim, Dim, Dim];
    const geometry = withNumbers(attributes, [height, width], [kernelHeight, kernelWidth]);
    return [
      toImage ? imageGradient(g, w!, x!, geometry) : null,
      toWeight ? weightGradient(x!, g, [kernelHeight, kernelWidth], geometry) : null,
      ...(bias === undefined ? [] : [toBias ? sum(g, [0, 2, 3], { keepAxes: false }) : null]),
    ];
  },
  onnx(emitter, inputs, { inputs: [, w], attributes: geometry }) {
    const [, , kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
    return emitter.node('Conv', inputs, onnxGeometry(geometry, [kernelHeight, kernelWidth]));
  },
};

/** The geometry with numbers for the padding `same`. @throws HmsaError when a side is free */
function withNumbers(
  geometry: ImageGeometry,
  sides: readonly [Dim, Dim],
  kernel: readonly [number, number],
): ConvolutionGeometry {
  const { padding } = geometry;
  if (padding !== 'same') return { ...geometry, padding };
  const around = paddedAround(sides, kernel, geometry);
  return { ...geometry, padding: around ?? shapeError('conv2d', 'an image of fixed size', String(sides)) };
}

interface TransposedAttributes extends ConvolutionGeometry {
  /** Rows and columns added at the bottom right, because a strided convolution maps several sizes to one. */
  readonly outputPadding: readonly [number, number];
}

const transposedOperator: Operator<TransposedAttributes> = {
  name: 'convTranspose2d',
  shape([x, w, bias], { outputPadding, ...geometry }) {
    const channels = imageChannels('convTranspose2d', 'an image', x!);
    const [first, perGroup, kernelHeight, kernelWidth] = kernelSides('convTranspose2d', w!);
    if (first !== channels || channels % geometry.groups !== 0) {
      shapeError(
        'convTranspose2d',
        `a weight [${channels}, out / groups, kH, kW] for ${geometry.groups} group(s)`,
        describe(w!),
      );
    }
    const out = perGroup * geometry.groups;
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== out)) {
      shapeError('convTranspose2d', `a bias [${out}]`, describe(bias));
    }
    const sides = [kernelHeight, kernelWidth].map((kernel, axis) => {
      const extra = outputPadding[axis]!;
      // ONNX Runtime refuses more. More is never needed, because a convolution maps only `stride` sizes to one.
      if (!Number.isInteger(extra) || extra < 0 || extra >= geometry.stride[axis]!) {
        shapeError(
          'convTranspose2d',
          `a whole output padding from 0 to below the stride ${geometry.stride[axis]}`,
          String(extra),
        );
      }
      const side = affine(smallestSource(x!.shape[axis + 2]!, kernel, geometry, axis as 0 | 1), 1, extra, 1);
      if (typeof side === 'number' && side < 1)
        shapeError('convTranspose2d', 'a result of one pixel or more', describe(x!));
      return side;
    });
    return { shape: [x!.shape[0]!, out, ...sides], dtype: 'float32' };
  },
  reference: referenceConvTranspose2d,
  // The transposed convolution is linear in both operands, and its transpose is the convolution.
  gradient(
    g,
    { inputs: [x, w, bias], attributes: { outputPadding: _, ...geometry } },
    [toImage, toWeight, toBias],
  ) {
    const [, , kernelHeight, kernelWidth] = w!.shape as [number, number, number, number];
    return [
      toImage ? conv2d(g, w!, geometry) : null,
      toWeight ? weightGradient(g, x!, [kernelHeight, kernelWidth], geometry) : null,
      ...(bias === undefined ? [] : [toBias ? sum(g, [0, 2, 3], { keepAxes: false }) : null]),
    ];
  },
  onnx(emitter, inputs, { inputs: [, w], attributes: { outputPadding, ...geometry } }) {
    const kernel = w!.shape as [number, number, number, number];
    return emitConvTranspose2d(emitter, inputs, kernel, geometry, outputPadding);
  },
};

interface WeightGradientAttributes extends ConvolutionGeometry {
  readonly kernel: readonly [number, number];
}

const weightGradientOperator: Operator<WeightGradientAttributes> = {
  name: 'conv2dWeightGradient',
  shape([x, g], { kernel, groups }) {
    const [, channels] = staticShape(weightGradientOperator.name, x!);
    const [, out] = staticShape(weightGradientOperator.name, g!);
    return { shape: [out!, channels! / groups, ...kernel], dtype: 'float32' };
  },
  reference: referenceWeightGradient,
  gradient: 'none',
  onnx(emitter, [x, g], { inputs: [image, gradient], attributes }) {
    return emitWeightGradient(
      emitter,
      { name: x!, shape: staticShape(weightGradientOperator.name, image!) },
      { name: g!, shape: staticShape(weightGradientOperator.name, gradient!) },
      attributes,
    );
  },
};

/**
 * 2-D convolution; strictly a cross-correlation, as is usual in deep learning.
 *
 * @param x image [N, C, H, W]
 * @param weight [out, C / groups, kH, kW]
 * @param options `bias` is [out]
 * @returns [N, out, H′, W′] with H′ = ⌊(H + padding − dilation·(kH − 1) − 1) / stride⌋ + 1
 * @throws HmsaError when shapes do not fit or the image is smaller than the kernel
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions & { readonly bias?: Tensor } = {},
): Tensor {
  checkArgument(isObject(options), 'conv2d', 'an object of options', options);
  const { bias, ...geometry } = options;
  imageChannels('conv2d', 'an image', x);
  const [, , kernelHeight, kernelWidth] = kernelSides('conv2d', weight);
  const sides = [x.shape[2]!, x.shape[3]!] as const;
  return apply(
    conv2dOperator,
    bias === undefined ? [x, weight] : [x, weight, bias],
    imageGeometryOf('conv2d', geometry, sides, [kernelHeight, kernelWidth]),
  );
}

/**
 * Transposed 2-D convolution: the transpose, as a linear map, of {@link conv2d} with the same options.
 *
 * @param x image [N, C, H, W]
 * @param weight [C, out / groups, kH, kW]
 * @param options `bias` is [out]
 * @returns [N, out, H′, W′] with H′ = (H − 1)·stride − padding + dilation·(kH − 1) + 1 + outputPadding
 * @throws HmsaError when shapes do not fit
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  options: ConvolutionOptions & {
    readonly bias?: Tensor;
    readonly outputPadding?: number | readonly [number, number];
  } = {},
): Tensor {
  checkArgument(isObject(options), 'convTranspose2d', 'an object of options', options);
  const { bias, outputPadding = 0, ...geometry } = options;
  const attributes: TransposedAttributes = {
    ...geometryOf('convTranspose2d', geometry),
    outputPadding: typeof outputPadding === 'number' ? [outputPadding, outputPadding] : outputPadding,
  };
  return apply(transposedOperator, bias === undefined ? [x, weight] : [x, weight, bias], attributes);
}

/** Whether a tensor is the result of {@link conv2d}. */
export function isConv2d(tensor: Tensor): boolean {
  return tensor.operator === conv2dOperator;
}

/** The geometry of a tensor that is the result of {@link conv2d}; undefined for others. */
export function convolutionOf(tensor: Tensor): ImageGeometry | undefined {
  expectTensor('convolutionOf', tensor);
  return isConv2d(tensor) ? (tensor.attributes as ImageGeometry) : undefined;
}

/** Whether a tensor is the result of {@link convTranspose2d}. */
export function isConvTranspose2d(tensor: Tensor): boolean {
  return tensor.operator === transposedOperator;
}

/** Whether a tensor is the gradient of a convolution's weight. */
export function isConv2dWeightGradient(tensor: Tensor): boolean {
  return tensor.operator === weightGradientOperator;
}

/** The gradient of a convolution by its image, whose sides are numbers. */
function imageGradient(g: Tensor, weight: Tensor, image: Tensor, geometry: ConvolutionGeometry): Tensor {
  const outputPadding = ([0, 1] as const).map((axis) => {
    const smallest = smallestSource(g.shape[axis + 2]!, weight.shape[axis + 2] as number, geometry, axis);
    const side = image.shape[axis + 2]!;
    return (
      staticSide('conv2d', 'an image of fixed size', side) -
      staticSide('conv2d', 'a gradient of fixed size', smallest)
    );
  });
  return apply(transposedOperator, [g, weight], {
    ...geometry,
    outputPadding: [outputPadding[0]!, outputPadding[1]!],
  });
}

/**
 * The gradient of a convolution's weight [out, C / groups, kH, kW], from its image [N, C, H, W] and the gradient of
 * its result [N, out, H′, W′]. Sides are numbers.
 */
function weightGradient(
  x: Tensor,
  gradient: Tensor,
  kernel: readonly [number, number],
  geometry: ConvolutionGeometry,
): Tensor {
  return apply(weightGradientOperator, [x, gradient], { ...geometry, kernel });
}
