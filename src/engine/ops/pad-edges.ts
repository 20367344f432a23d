import { checkArgument } from '../../base/errors/index.js';
import {
  affine,
  apply,
  describe,
  expectDType,
  expectTensor,
  type Operator,
  shapeError,
  type Tensor,
} from '../graph/index.js';
import { add } from './arithmetic.js';
import { sum } from './reductions.js';
import { type Padding, pad, slice } from './slicing.js';

const padEdgesOperator: Operator<{ readonly padding: Padding }> = {
  name: 'padEdges',
  shape([x], { padding }) {
    expectDType('padEdges', 'an operand', x!, 'float32');
    const fits =
      padding.length === x!.shape.length &&
      padding.flat().every((count) => Number.isInteger(count) && count >= 0);
    if (!fits) {
      shapeError('padEdges', `two counts from 0 for each axis of ${describe(x!)}`, JSON.stringify(padding));
    }
    const shape = x!.shape.map((dim, axis) => affine(dim, 1, padding[axis]![0] + padding[axis]![1], 1));
    return { shape, dtype: x!.dtype };
  },
  reference([x], { padding }, output) {
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    for (let i = 0; i < result.length; i++) {
      let source = 0;
      let rest = i;
      for (let axis = output.length - 1, stride = 1; axis >= 0; axis--) {
        const side = x!.shape[axis]!;
        const at = (rest % output[axis]!) - padding[axis]![0];
        source += Math.min(Math.max(at, 0), side - 1) * stride;
        rest = Math.floor(rest / output[axis]!);
        stride *= side;
      }
      result[i] = x!.data[source]!;
    }
    return result;
  },
  // The gradient of an edge element is the sum of its own and those of its copies.
  gradient: (g, { attributes: { padding } }) => [
    padding.reduce((folded, [before, after], axis) => foldEdges(folded, axis, before, after), g),
  ],
  onnx(emitter, [x], { attributes: { padding } }) {
    const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
    return emitter.node('Pad', [x!, emitter.ints(pads)], { mode: 'edge' });
  },
};

/** Removes the first and last elements of an axis and adds them to the elements next to them. */
function foldEdges(g: Tensor, axis: number, before: number, after: number): Tensor {
  const last = (g.shape[axis] as number) - before - after - 1;
  const beside = (start: number, end: number): Padding =>
    g.shape.map((_, i) => (i === axis ? [start, end] : [0, 0]));
  let result = slice(g, axis, before, before + last + 1);
  if (before > 0) result = add(result, pad(sum(slice(g, axis, 0, before), [axis]), beside(0, last)));
  if (after > 0) result = add(result, pad(sum(slice(g, axis, before + last + 1), [axis]), beside(last, 0)));
  return result;
}

/**
 * Repeats the first and last elements of each axis `padding` times, as PyTorch's `padding_mode='replicate'` does.
 * Differentiable if the padded sides are numbers.
 *
 * @throws HmsaError when a count is negative or `padding` does not have one pair for each axis
 */
export function padEdges(x: Tensor, padding: Padding): Tensor {
  expectTensor('padEdges', x);
  const isPadding =
    Array.isArray(padding) && padding.every((pair) => Array.isArray(pair) && pair.length === 2);
  checkArgument(isPadding, 'padEdges', 'a pair of counts for each axis', padding);
  return padding.every(([before, after]) => before === 0 && after === 0)
    ? x
    : apply(padEdgesOperator, [x], { padding });
}
