import { elementCount } from '../../base/arrays.js';
import {
  type Dim,
  evaluateDim,
  expectProgram,
  type Program,
  product,
  rebuild,
  type Tensor,
} from '../graph/index.js';
import { convolutionOf } from '../ops/convolution/convolution.js';
import { add, addAll, concat, conv2d, matmul, reshape, slice, transpose } from '../ops/index.js';
import { isExpand } from '../ops/layout.js';
import { resizeOf } from '../ops/resize.js';
import { resizedNeighbours } from '../ops/resized-neighbours.js';
import { concatenated } from '../ops/slicing.js';

/**
 * A convolution of an enlarged image mixes channels and sums over neighbours. Enlarging is linear and acts on each channel
 * alone, so the channels can be mixed before it, when the image has fewer pixels (a sixteenth if it is enlarged four times):
 *
 *     conv2d(concat(resize(a), b), w) = neighbours(resize(w₁ · a)) + conv2d(b, w₂)
 *
 * The enlargement and the sum over neighbours are one matrix product along each axis (`resizedNeighbours`). In the decoder of
 * DeepLabV3+, where 256 of 304 channels are enlarged four times before a 3×3 convolution, this takes a third of the
 * multiply-adds, and neither the enlarged channels nor their concatenation are ever in memory. A pixel that is resized to the whole
 * image, as in the image pooling of ASPP, is convolved once if the kernel has one pixel. Results differ by rounding.
 *
 * The pass can run before differentiation. The gradients then need less work too.
 *
 * @param options `changes` chooses the convolutions that may be replaced; default: all for which this saves work
 */
export function convolveBeforeResize(
  program: Program,
  options: { readonly changes?: (convolution: Tensor) => boolean } = {},
): Required<Program> {
  const { outputs, constants } = expectProgram('convolveBeforeResize', program);
  const { changes = () => true } = options;
  const rebuilt = rebuild(outputs, (tensor, [image, weight, bias]) => {
    if (convolutionOf(tensor) === undefined || !keepsSize(tensor) || !changes(tensor)) return undefined;
    return convolved(concatenated(image!, 1), weight!, bias);
  });
  return { outputs: rebuilt, constants };
}

/** Whether a convolution reads all channels, has one result for each pixel and pads both ends by equally many zeros. */
function keepsSize({
  inputs: [, weight],
  attributes: { stride, dilation, padding, groups },
}: Tensor): boolean {
  const [down, across] = reach(weight!);
  return (
    groups === 1 &&
    String([stride, dilation]) === '1,1,1,1' &&
    Number.isInteger(down) &&
    Number.isInteger(across) &&
    String(padding) === String([down, across, down, across])
  );
}

/** The convolution of concatenated images, computed part by part; undefined if this saves little. */
function convolved(images: readonly Tensor[], weight: Tensor, bias: Tensor | undefined): Tensor | undefined {
  const parts = withWeights(images, weight);
  const [uniform, varied] = [parts.filter(isUniform), parts.filter((part) => !isUniform(part))];
  if (uniform.length > 0 && varied.length > 0)
    return addAll([sumOf(varied, bias) ?? together(varied, bias), ...uniform.map(onePixel)]);
  return sumOf(parts, bias);
}

/** The sum of the parts' convolutions, with the channels of some mixed before their resize; undefined if this saves little. */
function sumOf(parts: readonly Part[], bias: Tensor | undefined): Tensor | undefined {
  const apart = parts.filter((part) => savedBy(part) > 0);
  const saved = apart.reduce((sum, part) => sum + savedBy(part), 0);
  if (saved < LEAST_SAVED * parts.reduce((sum, part) => sum + wholeWork(part), 0)) return undefined;
  const sum = addAll(apart.map(resizedAfter));
  const rest = parts.filter((part) => !apart.includes(part));
  if (rest.length > 0) return add(sum, together(rest, bias));
  return bias === undefined ? sum : add(sum, reshape(bias, [1, bias.shape[0]!, 1, 1]));
}

/** One convolution of several parts. */
function together(parts: readonly Part[], bias: Tensor | undefined): Tensor {
  const along = (tensors: readonly Tensor[]) => (tensors.length === 1 ? tensors[0]! : concat(tensors, 1));
  const [down, across] = reach(parts[0]!.weight);
  return conv2d(along(parts.map(({ image }) => image)), along(parts.map((part) => part.weight)), {
    padding: [down, across, down, across],
    ...(bias === undefined ? {} : { bias }),
  });
}

/** Whether all pixels of a part's result are equal: it is one pixel enlarged, as after a pooling of the whole image. */
function isUniform({ image, weight }: Part): boolean {
  if (resizeOf(image) === undefined && !isExpand(image)) return false;
  const [, channels, ...sides] = image.inputs[0]!.shape;
  return channels === image.shape[1] && String([sides, reach(weight)]) === '1,1,0,0';
}

/** One pixel of the result of such a part, which broadcasts. */
function onePixel({ image, weight }: Part): Tensor {
  return conv2d(image.inputs[0]!, weight);
}

/** An image among those that a convolution reads, and the part of the weight for its channels. */
interface Part {
  readonly image: Tensor;
  readonly weight: Tensor;
}

function withWeights(images: readonly Tensor[], weight: Tensor): Part[] {
  let end = 0;
  return images.map((image) => {
    const start = end;
    end += image.shape[1] as number;
    return { image, weight: slice(weight, 1, start, end) };
  });
}

/** Rows and columns around a pixel that a kernel with odd sides reaches. */
function reach(weight: Tensor): readonly [down: number, across: number] {
  const [, , height, width] = weight.shape as number[];
  return [(height! - 1) / 2, (width! - 1) / 2];
}

/** The convolution of a resized image, with the channels mixed before the resizing. */
function resizedAfter({ image, weight }: Part): Tensor {
  const small = image.inputs[0]!;
  const options = resizeOf(image)!;
  const [batch, channels, fromHeight, fromWidth] = small.shape as [Dim, number, Dim, Dim];
  const [, , height, width] = image.shape as [Dim, number, Dim, Dim];
  const [out, , rows, columns] = weight.shape as [number, number, number, number];
  // Channels before pixels, columns of the kernel before its rows: then each product finds its operand in place.
  const mixing = reshape(transpose(weight, [0, 3, 2, 1]), [out * columns * rows, channels]);
  const mixed = matmul(mixing, reshape(small, [batch, channels, product([fromHeight, fromWidth])]));
  const down = resizedNeighbours(fromHeight, height, rows, options);
  const byColumn = [batch, out * columns, product([rows, fromHeight]), fromWidth];
  const tall = matmul(down, reshape(mixed, byColumn));
  const across = resizedNeighbours(fromWidth, width, columns, options);
  const byRow = transpose(reshape(tall, [batch, out, columns, height, fromWidth]), [0, 1, 3, 2, 4]);
  const flat = reshape(byRow, [batch, product([out, height]), product([columns, fromWidth])]);
  return reshape(matmul(flat, across, false, true), [batch, out, height, width]);
}

/** What stands for a side that is free. */
const TYPICAL_SIDE = 512;

/** The multiply-adds in whose time a number of an intermediate result is written and read. */
const MOVED = 40;

/**
 * The least share of a convolution's work that is worth it: what is left is several operators, which ONNX Runtime fuses less
 * well with what follows.
 */
const LEAST_SAVED = 0.3;

/** The multiply-adds that are saved if the channels of an image are mixed before its resizing; 0 or less if none are. */
function savedBy({ image, weight }: Part): number {
  if (resizeOf(image) === undefined) return 0;
  const [fromHeight, fromWidth] = typicalSides(image.inputs[0]!);
  const [height, width] = typicalSides(image);
  const [out, channels, rows, columns] = weight.shape as [number, number, number, number];
  const mixed = out * rows * columns * fromHeight * fromWidth;
  const tall = out * columns * height * fromWidth;
  const whole = out * height * width;
  const products = mixed * channels + tall * rows * fromHeight + whole * columns * fromWidth;
  return wholeWork({ image, weight }) - products - MOVED * (mixed + 2 * tall + whole);
}

/** The multiply-adds of the convolution at the size of its result. */
function wholeWork({ image, weight }: Part): number {
  const [height, width] = typicalSides(image);
  return elementCount(weight.shape as number[]) * height * width;
}

function typicalSides({ shape }: Tensor): [height: number, width: number] {
  const sides = { get: () => TYPICAL_SIDE } as Pick<ReadonlyMap<string, number>, 'get'>;
  const [height, width] = shape.slice(2).map((dim) => evaluateDim(dim, sides as ReadonlyMap<string, number>));
  return [height!, width!];
}
