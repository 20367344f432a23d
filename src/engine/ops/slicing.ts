import { canHold } from '../../base/arrays.js';
import { checkArgument } from '../../base/errors/index.js';
import {
  affine,
  apply,
  type Dim,
  describe,
  equalDims,
  expectNumbers,
  expectTensor,
  type Operator,
  resolveAxis,
  shapeError,
  staticSide,
  type Tensor,
  tensorsOf,
} from '../graph/index.js';
import { reshape } from './layout.js';

/** Elements to add before and after each axis; negative numbers remove elements. */
export type Padding = readonly (readonly [before: number, after: number])[];

interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  /** Elements left off at the end, so that a free side can be sliced too. */
  readonly leave: number;
  readonly stride: number;
}

const sliceOperator: Operator<SliceAttributes> = {
  name: 'slice',
  shape([x], { axis, start, leave, stride }) {
    const side = affine(x!.shape[axis]!, 1, stride - 1 - start - leave, stride);
    if (start < 0 || leave < 0 || stride < 1 || (typeof side === 'number' && side < 1)) {
      shapeError(
        'slice',
        `a range inside axis ${axis} of ${describe(x!)}`,
        `start ${start}, ${leave} left off, stride ${stride}`,
      );
    }
    return { shape: x!.shape.with(axis, side), dtype: x!.dtype };
  },
  reference([x], { axis, start, stride }, output) {
    const inner = x!.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const [from, to] = [x!.shape[axis]!, output[axis]!];
    const result = new Float64Array(output.reduce((a, b) => a * b, 1));
    for (let i = 0; i < result.length; i++) {
      const [outer, k] = [Math.floor(i / (inner * to)), Math.floor(i / inner) % to];
      result[i] = x!.data[(outer * from + start + k * stride) * inner + (i % inner)]!;
    }
    return result;
  },
  gradient(g, { inputs: [x], attributes: { axis, start, leave, stride } }) {
    const around = (after: number): Padding => x!.shape.map((_, i) => (i === axis ? [start, after] : [0, 0]));
    if (stride === 1) return [pad(g, around(leave))];
    // Elements between the strides get zeros by padding an axis of their own.
    const side = staticSide('slice', `a differentiable axis ${axis}`, x!.shape[axis]!);
    const spread = spreadAxis(g, axis, stride);
    return [pad(spread, around(side - start - (spread.shape[axis] as number)))];
  },
  onnx(emitter, [x], { attributes: { axis, start, leave, stride } }) {
    const end = leave === 0 ? Number.MAX_SAFE_INTEGER : -leave;
    return emitter.node('Slice', [
      x!,
      emitter.ints([start]),
      emitter.ints([end]),
      emitter.ints([axis]),
      emitter.ints([stride]),
    ]);
  },
};

/** Each element followed by stride − 1 zeros along the axis. */
function spreadAxis(x: Tensor, axis: number, stride: number): Tensor {
  const side = x.shape[axis]!;
  const split = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const padded = pad(
    reshape(x, split),
    split.map((_, i) => (i === axis + 1 ? [0, stride - 1] : [0, 0])),
  );
  return reshape(padded, x.shape.with(axis, affine(side, stride, 0, 1)));
}

const padOperator: Operator<{ readonly padding: Padding; readonly value: number }> = {
  name: 'pad',
  shape([x], { padding, value }) {
    if (!canHold(x!.dtype, value)) shapeError('pad', `a value that ${x!.dtype} can hold`, String(value));
    if (padding.length !== x!.shape.length) {
      shapeError('pad', `a pair for each axis of ${describe(x!)}`, `${padding.length} pairs`);
    }
    const shape = x!.shape.map((dim, axis) => affine(dim, 1, padding[axis]![0] + padding[axis]![1], 1));
    if (shape.some((side) => typeof side === 'number' && side < 1)) {
      shapeError('pad', `something of ${describe(x!)} left over`, `padding ${JSON.stringify(padding)}`);
    }
    return { shape, dtype: x!.dtype };
  },
  reference([x], { padding, value }, output) {
    const result = new Float64Array(output.reduce((a, b) => a * b, 1)).fill(value);
    const position = new Array<number>(output.length).fill(0);
    for (let i = 0; i < result.length; i++) {
      let source = 0;
      let inside = true;
      for (let axis = 0; axis < output.length; axis++) {
        const at = position[axis]! - padding[axis]![0];
        inside &&= at >= 0 && at < x!.shape[axis]!;
        source = source * x!.shape[axis]! + at;
      }
      if (inside) result[i] = x!.data[source]!;
      for (let axis = output.length - 1; axis >= 0 && ++position[axis]! === output[axis]; axis--)
        position[axis] = 0;
    }
    return result;
  },
  gradient: (g, { attributes: { padding } }) => [
    pad(
      g,
      padding.map(([before, after]) => [-before, -after]),
    ),
  ],
  onnx(emitter, [x], { attributes: { padding, value }, dtype }) {
    const pads = [...padding.map(([before]) => before), ...padding.map(([, after]) => after)];
    const fill =
      value === 0 && dtype === 'float32' ? [] : [emitter.shared('CastLike', [emitter.float(value), x!])];
    return emitter.node('Pad', [x!, emitter.ints(pads), ...fill]);
  },
};

const concatOperator: Operator<{ readonly axis: number }> = {
  name: 'concat',
  shape(inputs, { axis }) {
    const [first] = inputs;
    for (const operand of inputs) {
      const fits =
        operand.dtype === first!.dtype &&
        operand.shape.length === first!.shape.length &&
        operand.shape.every((dim, i) => i === axis || equalDims(dim, first!.shape[i]!));
      if (!fits)
        shapeError(
          'concat',
          `operands that differ from ${describe(first!)} along axis ${axis} alone`,
          describe(operand),
        );
    }
    const sides = inputs.map(({ shape }) => shape[axis]!);
    if (sides.some((side) => typeof side !== 'number'))
      shapeError('concat', `an axis ${axis} of numbers`, describe(first!));
    const side = (sides as number[]).reduce((a, b) => a + b, 0);
    return { shape: first!.shape.with(axis, side), dtype: first!.dtype };
  },
  reference(inputs, { axis }, output) {
    const inner = output.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer = output.slice(0, axis).reduce((a, b) => a * b, 1);
    const result = new Float64Array(outer * output[axis]! * inner);
    let at = 0;
    for (let i = 0; i < outer; i++) {
      for (const { data, shape } of inputs) {
        const run = shape[axis]! * inner;
        result.set(data.subarray(i * run, (i + 1) * run), at);
        at += run;
      }
    }
    return result;
  },
  gradient(g, { inputs, attributes: { axis } }, wanted) {
    let start = 0;
    return inputs.map((operand, i) => {
      const from = start;
      start += operand.shape[axis] as number;
      return wanted[i] ? slice(g, axis, from, start) : null;
    });
  },
  onnx: (emitter, inputs, { attributes: { axis } }) => emitter.node('Concat', inputs, { axis }),
};

/**
 * The elements start, start + stride, … of an axis, up to but not including `end` (default: the side of the axis). On a free
 * side, a negative `end` counts from the back.
 */
export function slice(x: Tensor, axis: number, start: number, end?: number, stride = 1): Tensor {
  expectTensor('slice', x);
  expectNumbers('slice', 'a start, an end and a stride as numbers', [start, end ?? 0, stride]);
  const resolved = resolveAxis('slice', axis, x.shape.length);
  const side: Dim = x.shape[resolved]!;
  let leave = 0;
  if (end !== undefined && end < 0) leave = -end;
  else if (end !== undefined) {
    if (typeof side !== 'number')
      shapeError('slice', 'an end counted from the back on a free side', String(end));
    leave = side - end;
  }
  if (start === 0 && leave === 0 && stride === 1) return x;
  return apply(sliceOperator, [x], { axis: resolved, start, leave, stride });
}

/**
 * Adds constant elements around each axis. Negative counts remove elements.
 *
 * @throws HmsaError when nothing is left or the type cannot hold the value
 */
export function pad(x: Tensor, padding: Padding, value = 0): Tensor {
  expectTensor('pad', x);
  const isPadding =
    Array.isArray(padding) && padding.every((pair) => Array.isArray(pair) && pair.length === 2);
  checkArgument(isPadding, 'pad', 'a pair of counts for each axis', padding);
  return padding.every(([before, after]) => before === 0 && after === 0)
    ? x
    : apply(padOperator, [x], { padding, value });
}

/** Joins tensors along one axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  checkArgument(Array.isArray(tensors), 'concat', 'a list of tensors', tensors);
  tensorsOf('concat', tensors);
  if (tensors.length === 0) shapeError('concat', 'at least one tensor', 'none');
  return apply(concatOperator, tensors, { axis: resolveAxis('concat', axis, tensors[0]!.shape.length) });
}

/** The operands of a {@link concat} along an axis; the tensor itself if it is something else. */
export function concatenated(tensor: Tensor, axis: number): readonly Tensor[] {
  expectTensor('concatenated', tensor);
  return tensor.operator === concatOperator && tensor.attributes.axis === axis ? tensor.inputs : [tensor];
}
