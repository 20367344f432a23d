import { checkArgument } from '../../base/errors/index.js';
import {
  apply,
  constant,
  type Dim,
  describe,
  equalDims,
  expectDim,
  expectDType,
  expectRank,
  expectTensor,
  type OnnxEmitter,
  type Operator,
  shapeError,
  shapeText,
  staticSide,
  type Tensor,
  type Value,
} from '../graph/index.js';
import { matmul } from './matmul.js';

export interface ResizeAttributes {
  readonly size: readonly [height: Dim, width: Dim];
  readonly alignment: Alignment;
  /** Whether ONNX's Resize is used whatever the sides are; see {@link inBlocks}. */
  readonly inBlocks?: true;
}

const resizeOperator: Operator<ResizeAttributes> = {
  name: 'resizeBilinear',
  shape([x], { size }) {
    expectRank('resizeBilinear', 'an image [N, C, H, W]', x!, 4);
    // float16 is made by the pass `halve` alone.
    expectDType('resizeBilinear', 'an image', x!, 'float32', 'float16');
    for (const side of size) {
      if (typeof side === 'number' && !(Number.isInteger(side) && side >= 1)) {
        shapeError('resizeBilinear', 'whole sides of 1 or more', shapeText(size));
      }
    }
    return { shape: [x!.shape[0]!, x!.shape[1]!, ...size], dtype: x!.dtype };
  },
  reference: ([x], { alignment }, output) => resizeReference(x!, output, alignment),
  // y = R·x·Cᵀ with an interpolation matrix for the rows and one for the columns, so ∂x = Rᵀ·g·C.
  gradient(g, { inputs: [x], attributes: { size, alignment } }) {
    const side = (dim: Dim) => staticSide('resizeBilinear', 'a differentiable image of fixed size', dim);
    const [fromHeight, fromWidth] = [side(x!.shape[2]!), side(x!.shape[3]!)];
    const [height, width] = [side(size[0]), side(size[1])];
    let result = g;
    if (width !== fromWidth)
      result = matmul(result, constant(interpolationMatrix(fromWidth, width, alignment), [width, fromWidth]));
    if (height !== fromHeight)
      result = matmul(
        constant(transposedInterpolationMatrix(fromHeight, height, alignment), [fromHeight, height]),
        result,
      );
    return [result];
  },
  onnx(emitter, [x], { inputs: [image], attributes: { size, alignment, inBlocks }, shape }) {
    const sides = [image!.shape[2]!, image!.shape[3]!, ...size];
    if (!inBlocks && image!.dtype === 'float32' && sides.every((side) => typeof side === 'number')) {
      const [fromHeight, fromWidth, height, width] = sides as [number, number, number, number];
      const from = [fromHeight, fromWidth] as const;
      if (productCost(from, height) <= WORTHWHILE)
        return emitProducts(emitter, x!, from, [height, width], alignment);
    }
    return emitResize(emitter, x!, emitter.sides(shape), alignment);
  },
};

/** An image [N, C, H, W] resized to the shape `output`, in float64. */
export function resizeReference(
  { shape, data }: Value,
  output: readonly number[],
  alignment: Alignment,
): Float64Array {
  const [, , sourceHeight, sourceWidth] = shape as [number, number, number, number];
  const [batch, channels, height, width] = output as [number, number, number, number];
  const result = new Float64Array(batch * channels * height * width);
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    const pixel = (row: number, column: number) => data[(plane * sourceHeight + row) * sourceWidth + column]!;
    for (let i = 0; i < height; i++) {
      const row = sourcePosition(i, sourceHeight, height, alignment);
      for (let j = 0; j < width; j++) {
        const column = sourcePosition(j, sourceWidth, width, alignment);
        result[at++] = between(pixel, row, column);
      }
    }
  }
  return result;
}

/** Emits a resize to the sides of all axes, an int64 vector. */
export function emitResize(emitter: OnnxEmitter, x: string, sides: string, alignment: Alignment): string {
  return emitter.node('Resize', [x, '', '', sides], {
    mode: 'linear',
    coordinate_transformation_mode: alignment === 'corners' ? 'align_corners' : 'half_pixel',
  });
}

/**
 * Two matrix products of up to this many multiplications a pixel are faster than ONNX Runtime's Resize on its CPU.
 * Measured in CPU time: 2×256×22×30 to 88×120, 30 a pixel, 9 ms against 16; 2×256×44×60 to 88×120, 74 a pixel, even;
 * 1×256×64×128 to 128×256, 128 a pixel, 24 against 16.
 */
const WORTHWHILE = 64;

/** Multiplications for each pixel of the result: columns on the source's rows first, then rows. */
function productCost([fromHeight, fromWidth]: readonly [number, number], height: number): number {
  return (fromWidth * fromHeight) / height + fromHeight;
}

function emitProducts(
  emitter: OnnxEmitter,
  x: string,
  [fromHeight, fromWidth]: readonly [number, number],
  [height, width]: readonly [number, number],
  alignment: Alignment,
): string {
  const matrix = (values: Float64Array, shape: readonly [number, number]) =>
    emitter.float(Array.from(values), shape);
  let result = x;
  if (width !== fromWidth) {
    const columns = matrix(transposedInterpolationMatrix(fromWidth, width, alignment), [fromWidth, width]);
    result = emitter.node('MatMul', [result, columns]);
  }
  if (height !== fromHeight) {
    const rows = matrix(interpolationMatrix(fromHeight, height, alignment), [height, fromHeight]);
    result = emitter.node('MatMul', [rows, result]);
  }
  return result;
}

export interface ResizeOptions {
  /**
   * Whether the centres of the four corner pixels stay where they are. Default false: the outer edges of the image stay,
   * which suits every ratio of the sides.
   */
  readonly alignCorners?: boolean;
}

/**
 * Bilinear resizing without antialiasing and with repeated edges, as PyTorch's `interpolate` does it. Default: as with
 * `align_corners=False`. An image that already has the size is returned unchanged.
 *
 * @param x image [N, C, H, W]; differentiable where its sides and the target's are numbers
 * @returns [N, C, ...size]
 * @throws HmsaError when x is no image or a side is not a whole number from 1
 */
export function resizeBilinear(
  x: Tensor,
  size: readonly [height: Dim, width: Dim],
  options: ResizeOptions = {},
): Tensor {
  expectTensor('resizeBilinear', x);
  const isPair = Array.isArray(size) && size.length === 2;
  checkArgument(isPair, 'resizeBilinear', 'a height and a width', size);
  for (const side of size) expectDim('resizeBilinear', side);
  const isSameSize =
    x.shape.length === 4 && equalDims(x.shape[2]!, size[0]) && equalDims(x.shape[3]!, size[1]);
  const alignment = options?.alignCorners === true ? 'corners' : 'edges';
  return isSameSize ? x : apply(resizeOperator, [x], { size, alignment });
}

/** The options of a result of {@link resizeBilinear}; undefined for other tensors. */
export function resizeOf(tensor: Tensor): ResizeOptions | undefined {
  expectTensor('resizeOf', tensor);
  if (tensor.operator !== resizeOperator) return undefined;
  return { alignCorners: (tensor.attributes as ResizeAttributes).alignment === 'corners' };
}

/**
 * The same resize with a hint to ONNX Runtime's CPU: the image comes from a convolution that keeps its channels in blocks, and
 * stays in them if it is enlarged a whole number of times by one Resize. Otherwise, or for other tensors, undefined.
 */
export function inBlocks(tensor: Tensor, image: Tensor): Tensor | undefined {
  expectTensor('inBlocks', tensor);
  expectTensor('inBlocks', image);
  if (tensor.operator !== resizeOperator || image.shape.length !== 4) return undefined;
  const { size } = tensor.attributes as ResizeAttributes;
  const isWhole = ([0, 1] as const).every((axis) => {
    const [from, to] = [image.shape[axis + 2]!, size[axis]];
    return typeof from === 'number' && typeof to === 'number' && to % from === 0;
  });
  return isWhole ? apply(resizeOperator, [image], { ...tensor.attributes, inBlocks: true }) : undefined;
}

type ChannelsLastAttributes = Pick<ResizeAttributes, 'size' | 'alignment'>;

const channelsLastOperator: Operator<ChannelsLastAttributes> = {
  name: 'resizeBilinear, channels last',
  shape([x], { size }) {
    expectRank('resizeBilinear', 'an image [N, H, W, C]', x!, 4);
    expectDType('resizeBilinear', 'an image', x!, 'float32');
    return { shape: [x!.shape[0]!, ...size, x!.shape[3]!], dtype: 'float32' };
  },
  reference([x], { alignment }, [batch, height, width, channels]) {
    const [, fromHeight, fromWidth] = x!.shape as [number, number, number, number];
    const result = new Float64Array(batch! * height! * width! * channels!);
    let at = 0;
    for (let n = 0; n < batch!; n++) {
      for (let i = 0; i < height!; i++) {
        const row = sourcePosition(i, fromHeight, height!, alignment);
        for (let j = 0; j < width!; j++) {
          const column = sourcePosition(j, fromWidth, width!, alignment);
          for (let c = 0; c < channels!; c++) {
            const pixel = (r: number, k: number) =>
              x!.data[((n * fromHeight + r) * fromWidth + k) * channels! + c]!;
            result[at++] = between(pixel, row, column);
          }
        }
      }
    }
    return result;
  },
  gradient: 'none',
  onnx: (emitter, [x], { attributes: { alignment }, shape }) =>
    emitResize(emitter, x!, emitter.sides(shape), alignment),
};

/** The same resize of an image [N, H, W, C]. Its result is [N, ...size, C], and passes no gradient. */
export function withChannelsLast({ attributes }: Tensor<ResizeAttributes>, image: Tensor): Tensor {
  const { size, alignment } = attributes;
  return apply(channelsLastOperator, [image], { size, alignment });
}

/** Whether a tensor is the result of a resize. */
export function isResize(tensor: Tensor): tensor is Tensor<ResizeAttributes> {
  return tensor.operator === resizeOperator;
}

/** {@link resizeBilinear} to the size of another image [N, C, H, W]. */
export function resizeLike(x: Tensor, other: Tensor, options: ResizeOptions = {}): Tensor {
  expectTensor('resizeLike', other);
  if (other.shape.length !== 4) shapeError('resizeLike', 'another image [N, C, H, W]', describe(other));
  return resizeBilinear(x, [other.shape[2]!, other.shape[3]!], options);
}

/** The place of a resized pixel on the source axis: between two neighbours, at `share` of the way from the first. */
interface SourcePosition {
  readonly before: number;
  readonly after: number;
  readonly share: number;
}

/** Which points of two axes lie on each other: the edges of their first and last pixels, or the centres. */
export type Alignment = 'edges' | 'corners';

/**
 * Edges: (i + ½)·from/to − ½, held inside the axis, which is what PyTorch calls `align_corners=False`. Corners:
 * i·(from − 1)/(to − 1), and 0 for a single pixel: `align_corners=True`.
 */
export function sourcePosition(
  index: number,
  from: number,
  to: number,
  alignment: Alignment,
): SourcePosition {
  const position =
    alignment === 'corners'
      ? (index * (from - 1)) / Math.max(1, to - 1)
      : Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
  const before = Math.floor(position);
  return { before, after: Math.min(before + 1, from - 1), share: position - before };
}

/** The value at a place between four pixels. */
function between(
  pixel: (row: number, column: number) => number,
  row: SourcePosition,
  column: SourcePosition,
): number {
  const along = (r: number) =>
    pixel(r, column.before) * (1 - column.share) + pixel(r, column.after) * column.share;
  return along(row.before) * (1 - row.share) + along(row.after) * row.share;
}

/** The linear map of an axis to its resized self, row-major [to, from]: two numbers in each row. */
export function interpolationMatrix(from: number, to: number, alignment: Alignment): Float64Array {
  const matrix = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const { before, after, share } = sourcePosition(i, from, to, alignment);
    matrix[i * from + before]! += 1 - share;
    matrix[i * from + after]! += share;
  }
  return matrix;
}

/** The transpose, row-major [from, to]. */
function transposedInterpolationMatrix(from: number, to: number, alignment: Alignment): Float64Array {
  const matrix = interpolationMatrix(from, to, alignment);
  return matrix.map((_, i) => matrix[(i % to) * from + Math.floor(i / to)]!);
}
