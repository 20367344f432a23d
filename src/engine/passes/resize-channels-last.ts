import {
  expectProgram,
  isInput,
  isVariable,
  type Program,
  product,
  reachable,
  rebuild,
  type Tensor,
} from '../graph/index.js';
import { argmax, isConv2d, isResize, padEdges, reshape, slice, transpose } from '../ops/index.js';
import { isArgmax } from '../ops/labels.js';
import { isResample, resampledChannelsLast } from '../ops/resample.js';
import { withChannelsLast } from '../ops/resize.js';
import { readersOf } from './readers.js';

/**
 * ONNX Runtime's CPU resizes an image [N, H, W, C] faster than [N, C, H, W], because neighbouring numbers then have the same
 * weights: 256 channels three to eight times as fast, 11 channels, made 12, 1.5 times. This pass puts the channels last where
 * this order costs little: before convolutions of constant weights, which put the channels into blocks anyway, and before an
 * `argmax` of the channels.
 *
 * It leaves resizes of fixed sides alone: `resizeInBlocks` and products of matrices are for them.
 */
export function resizeChannelsLast(program: Program): Required<Program> {
  const { outputs, constants } = expectProgram('resizeChannelsLast', program);
  const readers = readersOf(Object.values(outputs));
  const isKnown = (weight: Tensor) =>
    reachable([weight]).every(
      (leaf) => !isInput(leaf) && (!isVariable(leaf) || constants.has(leaf.attributes.name)),
    );
  const takesAnyOrder = (reader: Tensor | undefined) =>
    reader !== undefined && (isArgmax(reader, 1) || (isConv2d(reader) && isKnown(reader.inputs[1]!)));
  const resized = new Map<Tensor, Tensor>();
  const rebuilt = rebuild(outputs, (tensor, [image]) => {
    const scores = resized.get(tensor.inputs[0]!);
    if (isArgmax(tensor, 1) && scores !== undefined) return argmax(scores, 3);
    if (!isFree(tensor) || !readers.get(tensor)!.every(takesAnyOrder)) return undefined;
    const last = (isResample(tensor) ? resampledChannelsLast : withChannelsLast)(
      tensor,
      channelsLast(image!),
    );
    resized.set(tensor, last);
    return slice(transpose(last, [0, 3, 1, 2]), 1, 0, tensor.shape[1] as number);
  });
  return { outputs: rebuilt, constants };
}

/** Fewer channels are not resized faster: 3 were not. */
const LEAST_CHANNELS = 4;

/** Whether a tensor is the result of a resize of free sides, or of a part of it, of enough channels. */
function isFree(tensor: Tensor): boolean {
  if (!isResize(tensor) && !isResample(tensor)) return false;
  const sides = [...tensor.shape, ...tensor.inputs[0]!.shape];
  return (tensor.shape[1] as number) >= LEAST_CHANNELS && sides.some((side) => typeof side !== 'number');
}

/** How many numbers a CPU computes at once, at least. */
const LANES = 4;

/**
 * [N, C, H, W] as [N, H, W, C], with the last channel repeated until C is a multiple of 4; of equal channels, `argmax` takes the
 * first. ONNX Runtime takes away a `Transpose` of four axes together with the one after the resize.
 */
function channelsLast(image: Tensor): Tensor {
  const missing = -(image.shape[1] as number) & (LANES - 1);
  const added = [0, missing, 0, 0].map((count) => [0, count] as const);
  const whole = missing === 0 ? image : padEdges(image, added);
  const [batch, channels, height, width] = whole.shape;
  const flat = reshape(whole, [batch!, channels!, product([height!, width!])]);
  return reshape(transpose(flat, [0, 2, 1]), [batch!, height!, width!, channels!]);
}
