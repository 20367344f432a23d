import {
  affine,
  apply,
  type Dim,
  equalDims,
  expectRank,
  type Operator,
  type Tensor,
} from '../graph/index.js';
import { emitResize, isResize, type ResizeAttributes, resizeBilinear, resizeReference } from './resize.js';

interface HalvedAttributes {
  /** The sides to which the image is resized first. */
  readonly through: readonly [height: Dim, width: Dim];
  /** Half of them. */
  readonly size: readonly [height: Dim, width: Dim];
}

/**
 * Halved, each row is the mean of two. If the sides were a multiple of four times as long as before, both lie between the same
 * two rows of the source, so it is the row half-way: one resize gives the same.
 */
const MULTIPLE = 4;

const halvedOperator: Operator<HalvedAttributes> = {
  name: 'resizeBilinear, halved',
  shape([x], { size }) {
    expectRank('resizeBilinear', 'an image [N, C, H, W]', x!, 4);
    return { shape: [x!.shape[0]!, x!.shape[1]!, ...size], dtype: x!.dtype };
  },
  reference([x], _, output) {
    const [batch, channels, height, width] = output as [number, number, number, number];
    const whole = [batch, channels, 2 * height, 2 * width];
    return resizeReference({ shape: whole, data: resizeReference(x!, whole, 'edges') }, output, 'edges');
  },
  gradient: 'none',
  onnx(emitter, [x], { attributes: { through }, shape }) {
    const [batch, channels] = shape as [Dim, Dim];
    const whole = emitter.sides([batch, channels, ...through]);
    const half = emitter.sides(shape);
    const least = emitter.node('Mul', [
      emitter.node('Shape', [x!]),
      emitter.ints([1, 1, MULTIPLE, MULTIPLE]),
    ]);
    const isExact = emitter.node('Equal', [emitter.node('Mod', [whole, least]), emitter.ints([0])]);
    // An image that has its size already is copied by the second Resize.
    return emitResize(
      emitter,
      emitResize(emitter, x!, emitter.node('Where', [isExact, half, whole]), 'edges'),
      half,
      'edges',
    );
  },
};

/**
 * A resize to half the sides of a resize before it, as one operator. For sides that are multiples of four of the source's, which
 * a run finds out, it resizes once; rows and columns each by themselves.
 *
 * @param before the operand, as it is computed now
 * @returns undefined for other tensors; it passes no gradient
 */
export function halvedResize(tensor: Tensor, before: Tensor): Tensor | undefined {
  if (!isResize(tensor) || !isResize(before)) return undefined;
  const image = (before as Tensor).inputs[0]!;
  const { size, alignment } = tensor.attributes as ResizeAttributes;
  const { size: through, alignment: alignmentBefore } = before.attributes as ResizeAttributes;
  if (alignment !== 'edges' || alignmentBefore !== 'edges') return undefined;
  if (!size.every((side, i) => equalDims(affine(side, 2, 0, 1), through[i]!))) return undefined;
  const sides = [...image.shape.slice(2), ...size];
  if (sides.some((side) => typeof side !== 'number'))
    return apply(halvedOperator, [image], { through, size });
  const isExact = through.every(
    (side, i) => (side as number) % (MULTIPLE * (image.shape[i + 2] as number)) === 0,
  );
  return isExact ? resizeBilinear(image, size) : undefined;
}
