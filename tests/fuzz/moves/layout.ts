import type { Tensor } from '../../../src/engine/graph/index.js';
import * as ops from '../../../src/engine/ops/index.js';
import { type Draft, sidesOf } from '../draft.js';
import type { Move } from './move.js';

/** Whole numbers take part in what moves elements without computing: a tensor of either kind. */
function anyTensor(draft: Draft): Tensor {
  const { choices, integers } = draft;
  return integers.length > 0 && choices.int(0, 2) === 0 ? choices.pick(integers) : draft.float();
}

/** Merges two neighbouring axes, splits one, or adds a side of 1. */
function reshaped(draft: Draft, shape: readonly number[]): number[] {
  const { choices } = draft;
  const at = choices.int(0, Math.max(shape.length - 1, 0));
  const kind = choices.int(0, 2);
  if (kind === 0 && shape.length >= 2 && at > 0) {
    return [...shape.slice(0, at - 1), shape[at - 1]! * shape[at]!, ...shape.slice(at + 1)];
  }
  if (kind === 1 && shape.length >= 1 && shape.length <= 4) {
    const side = shape[at]!;
    const factor = [2, 3, 5, 1].find((each) => side % each === 0)!;
    return [...shape.slice(0, at), factor, side / factor, ...shape.slice(at + 1)];
  }
  return shape.length <= 4 ? [...shape.slice(0, at), 1, ...shape.slice(at)] : [...shape].reverse();
}

function concatenated(draft: Draft): Tensor | undefined {
  const { choices } = draft;
  const x = anyTensor(draft);
  const shape = sidesOf(x);
  if (shape.length === 0) return undefined;
  const axis = choices.int(0, shape.length - 1);
  const operands = [x];
  for (let more = choices.int(0, 2); more > 0; more--) {
    const joins = [...draft.floats, ...draft.integers].filter(
      (each) =>
        each.dtype === x.dtype &&
        each.shape.length === shape.length &&
        each.shape.every((side, i) => i === axis || side === shape[i]),
    );
    operands.push(
      x.dtype !== 'float32' || choices.flag()
        ? choices.pick([x, ...joins])
        : draft.leaf(shape.with(axis, choices.int(1, 4))),
    );
  }
  const side = operands.reduce((total, each) => total + sidesOf(each)[axis]!, 0);
  return draft.fits(shape.with(axis, side))
    ? ops.concat(operands, choices.flag() ? axis : axis - shape.length)
    : undefined;
}

export const layoutMoves = {
  reshape: (draft) => {
    const x = anyTensor(draft);
    return ops.reshape(x, reshaped(draft, sidesOf(x)));
  },
  transpose: (draft) => {
    const x = anyTensor(draft);
    const left = x.shape.map((_, axis) => axis);
    return ops.transpose(
      x,
      x.shape.map(() => left.splice(draft.choices.int(0, left.length - 1), 1)[0]!),
    );
  },
  expand: (draft) => {
    const x = anyTensor(draft);
    const stretched = sidesOf(x).map((side) => (side === 1 ? draft.choices.int(1, 4) : side));
    const shape =
      x.shape.length < 5 && draft.choices.flag() ? [draft.choices.int(1, 3), ...stretched] : stretched;
    return draft.fits(shape) ? ops.expand(x, shape) : undefined;
  },
  slice: (draft) => {
    const { choices } = draft;
    const x = anyTensor(draft);
    if (x.shape.length === 0) return undefined;
    const axis = choices.int(0, x.shape.length - 1);
    const side = sidesOf(x)[axis]!;
    const start = choices.int(0, side - 1);
    const end = choices.flag() ? choices.int(start + 1, side) : undefined;
    return ops.slice(x, axis, start, end, choices.int(1, 3));
  },
  pad: (draft) => {
    const { choices } = draft;
    const x = anyTensor(draft);
    const padding = x.shape.map(() => [choices.int(-1, 2), choices.int(-1, 2)] as const);
    const shape = sidesOf(x).map((side, axis) => side + padding[axis]![0] + padding[axis]![1]);
    return draft.fits(shape)
      ? ops.pad(x, padding, choices.pick([0, 0, x.dtype === 'bool' ? 1 : 3]))
      : undefined;
  },
  padEdges: (draft) => {
    const { choices } = draft;
    const x = draft.float();
    const padding = x.shape.map(() => [choices.int(0, 2), choices.int(0, 2)] as const);
    const shape = sidesOf(x).map((side, axis) => side + padding[axis]![0] + padding[axis]![1]);
    return draft.fits(shape) ? ops.padEdges(x, padding) : undefined;
  },
  concat: concatenated,
} satisfies Record<string, Move>;
