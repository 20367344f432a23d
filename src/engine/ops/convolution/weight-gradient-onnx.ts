import type { OnnxEmitter } from '../../graph/index.js';
import { emitMatrixProduct } from '../matmul.js';
import type { ConvolutionGeometry } from './geometry.js';

/** An emitted value of a known shape [N, C, H, W]. */
interface Emitted {
  readonly name: string;
  readonly shape: readonly number[];
}

interface WeightGradientGeometry extends ConvolutionGeometry {
  readonly kernel: readonly [number, number];
}

/**
 * The gradient of a convolution's weight in the fastest of three forms. Each was measured on ONNX Runtime's CPU
 * (`bench/convolution.ts`); the form that most texts give, one Conv with batch and channels swapped, takes twice
 * as long as the first where kernels are dense.
 */
export function emitWeightGradient(
  emitter: OnnxEmitter,
  x: Emitted,
  g: Emitted,
  geometry: WeightGradientGeometry,
): string {
  const { stride, dilation, kernel, groups } = geometry;
  const unitStride = stride[0] === 1 && stride[1] === 1;
  // Views as tall as the padded image are mostly zeros once the kernel spans more than half of the result.
  const compact = dilation[0] * (kernel[0] - 1) <= g.shape[2]! / 2;
  if (unitStride && compact) return fromShiftedViews(emitter, x, g, geometry);
  if (x.shape[1] === groups) return fromGroupedConvolution(emitter, x, g, geometry);
  return fromTaps(emitter, x, g, geometry);
}

/**
 * Stride 1: tap (u, v) is one matrix product of g moved down by u rows and x moved left by v columns, so kH + kW
 * moved copies serve all kH·kW taps.
 */
function fromShiftedViews(
  emitter: OnnxEmitter,
  x: Emitted,
  g: Emitted,
  geometry: WeightGradientGeometry,
): string {
  const { dilation, padding, kernel } = geometry;
  const [, , sourceHeight, sourceWidth] = x.shape as [number, number, number, number];
  const [, , height, width] = g.shape as [number, number, number, number];
  const rows = height + dilation[0] * (kernel[0] - 1);
  const images = Array.from({ length: kernel[1] }, (_, v) => {
    const left = padding[1] - v * dilation[1];
    const sides = [padding[0], left, rows - sourceHeight - padding[0], width - sourceWidth - left] as const;
    return flatten(emitter, padSides(emitter, x.name, sides), x.shape, rows * width, geometry.groups);
  });
  const gradients = Array.from({ length: kernel[0] }, (_, u) => {
    const top = u * dilation[0];
    const sides = [top, 0, rows - height - top, 0] as const;
    return flatten(emitter, padSides(emitter, g.name, sides), g.shape, rows * width, geometry.groups);
  });
  const taps = gradients.flatMap((gradient) => images.map((image) => product(emitter, gradient, image)));
  return joinTaps(emitter, taps, x, g, geometry);
}

/** For any stride. Each tap pairs the pixels of g with the pixels of x that it reads. Those in the padding are left out. */
function fromTaps(emitter: OnnxEmitter, x: Emitted, g: Emitted, geometry: WeightGradientGeometry): string {
  const { kernel, groups } = geometry;
  const taps: string[] = [];
  for (let u = 0; u < kernel[0]; u++) {
    const rows = seen(u, x.shape[2]!, g.shape[2]!, geometry, 0);
    for (let v = 0; v < kernel[1]; v++) {
      const columns = seen(v, x.shape[3]!, g.shape[3]!, geometry, 1);
      if (rows.count <= 0 || columns.count <= 0) {
        const [batch, out, channels] = [g.shape[0]!, g.shape[1]! / groups, x.shape[1]! / groups];
        taps.push(
          emitter.float(new Array(batch * groups * out * channels).fill(0), [batch, groups, out, channels]),
        );
        continue;
      }
      const image = window(
        emitter,
        x.name,
        rows.source,
        columns.source,
        [rows.count, columns.count],
        geometry.stride,
      );
      const gradient = window(
        emitter,
        g.name,
        rows.first,
        columns.first,
        [rows.count, columns.count],
        [1, 1],
      );
      const count = rows.count * columns.count;
      taps.push(
        product(
          emitter,
          flatten(emitter, gradient, g.shape, count, groups),
          flatten(emitter, image, x.shape, count, groups),
        ),
      );
    }
  }
  return joinTaps(emitter, taps, x, g, geometry);
}

/**
 * One channel a group: images and gradients of all batch entries become the channels and kernels of one grouped
 * convolution, with stride and dilation in each other's place.
 */
function fromGroupedConvolution(
  emitter: OnnxEmitter,
  x: Emitted,
  g: Emitted,
  { stride, dilation, padding, groups, kernel }: WeightGradientGeometry,
): string {
  const [batch, channels, sourceHeight, sourceWidth] = x.shape as [number, number, number, number];
  const [, out, height, width] = g.shape as [number, number, number, number];
  const span = (axis: 0 | 1, side: number) =>
    dilation[axis] * (kernel[axis] - 1) + stride[axis] * (side - 1) + 1;
  const sides = [
    padding[0],
    padding[1],
    span(0, height) - sourceHeight - padding[0],
    span(1, width) - sourceWidth - padding[1],
  ] as const;
  const rows = sourceHeight + sides[0] + sides[2];
  const columns = sourceWidth + sides[1] + sides[3];
  const image = reshape(emitter, padSides(emitter, x.name, sides), [1, batch * channels, rows, columns]);
  const kernels = reshape(emitter, g.name, [batch * out, 1, height, width]);
  const result = emitter.node('Conv', [image, kernels], {
    strides: [...dilation],
    dilations: [...stride],
    group: batch * groups,
    kernel_shape: [height, width],
  });
  return sumOverBatch(emitter, reshape(emitter, result, [batch, out, 1, ...kernel]), batch);
}

/** The rows (or columns) of g that tap `offset` pairs with pixels inside x, and where those begin. */
function seen(offset: number, source: number, side: number, geometry: WeightGradientGeometry, axis: 0 | 1) {
  const [stride, shift] = [geometry.stride[axis], offset * geometry.dilation[axis] - geometry.padding[axis]];
  const first = Math.max(0, Math.ceil(-shift / stride));
  const last = Math.min(side - 1, Math.floor((source - 1 - shift) / stride));
  return { first, count: last - first + 1, source: first * stride + shift };
}

/** [N, groups, out / groups, P] · [N, groups, C / groups, P]ᵀ */
function product(emitter: OnnxEmitter, gradient: string, image: string): string {
  return emitMatrixProduct(
    emitter,
    { name: gradient, rank: 4, transposed: false },
    { name: image, rank: 4, transposed: true },
  );
}

/** Taps [N, groups, out / groups, C / groups], in row-major order of the kernel, as the summed weight. */
function joinTaps(
  emitter: OnnxEmitter,
  taps: readonly string[],
  x: Emitted,
  g: Emitted,
  { kernel, groups }: WeightGradientGeometry,
): string {
  const [batch, out, channels] = [g.shape[0]!, g.shape[1]!, x.shape[1]! / groups];
  const columns = taps.map((tap) => reshape(emitter, sumOverBatch(emitter, tap, batch), [out, channels, 1]));
  const joined = columns.length === 1 ? columns[0]! : emitter.node('Concat', columns, { axis: 2 });
  return reshape(emitter, joined, [out, channels, ...kernel]);
}

function sumOverBatch(emitter: OnnxEmitter, value: string, batch: number): string {
  if (batch === 1) return emitter.node('Squeeze', [value, emitter.ints([0])]);
  return emitter.node('ReduceSum', [value, emitter.ints([0])], { keepdims: 0 });
}

/** [N, C, …] as [N, groups, C / groups, pixels]. */
function flatten(
  emitter: OnnxEmitter,
  value: string,
  shape: readonly number[],
  pixels: number,
  groups: number,
): string {
  return reshape(emitter, value, [shape[0]!, groups, shape[1]! / groups, pixels]);
}

function reshape(emitter: OnnxEmitter, value: string, shape: readonly number[]): string {
  return emitter.shared('Reshape', [value, emitter.ints(shape)]);
}

/** Zeros around an image; negative sides crop it. */
function padSides(
  emitter: OnnxEmitter,
  value: string,
  sides: readonly [number, number, number, number],
): string {
  if (sides.every((side) => side === 0)) return value;
  const [top, left, bottom, right] = sides;
  return emitter.shared('Pad', [value, emitter.ints([0, 0, top, left, 0, 0, bottom, right])]);
}

/** Every stride-th row and column from a first pixel on. */
function window(
  emitter: OnnxEmitter,
  value: string,
  top: number,
  left: number,
  [rows, columns]: readonly [number, number],
  stride: readonly [number, number],
): string {
  return emitter.shared('Slice', [
    value,
    emitter.ints([top, left]),
    emitter.ints([top + (rows - 1) * stride[0] + 1, left + (columns - 1) * stride[1] + 1]),
    emitter.ints([2, 3]),
    emitter.ints([...stride]),
  ]);
}
