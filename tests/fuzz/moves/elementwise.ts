import type { Tensor } from '../../../src/engine/graph/index.js';
import * as ops from '../../../src/engine/ops/index.js';
import { type Draft, sidesOf } from '../draft.js';
import type { Move } from './move.js';

const unary =
  (operator: (x: Tensor) => Tensor): Move =>
  (draft) =>
    operator(draft.float());

/** Positive and away from 0, where logarithms, roots and quotients are well conditioned. */
const positive = (x: Tensor) => ops.add(ops.abs(x), 0.5);

/** An operand that broadcasts with x: x itself, one of its reductions, or a new leaf with sides of 1 or axes missing. */
function partner(draft: Draft, x: Tensor): Tensor {
  const { choices } = draft;
  const shape = sidesOf(x);
  switch (choices.int(0, 3)) {
    case 0: {
      const stretched = choices.axes(shape.length);
      const sides = shape.map((side, axis) => (stretched.includes(axis) ? 1 : side));
      return draft.leaf(sides.slice(choices.int(0, shape.length)));
    }
    case 1:
      return draft.leaf(shape);
    case 2:
      return ops.mean(x, choices.axes(shape.length));
    default: {
      const equal = draft.floats.filter((each) => String(each.shape) === String(shape));
      return equal.length > 0 ? choices.pick(equal) : x;
    }
  }
}

const binary =
  (operator: (a: Tensor, b: Tensor) => Tensor): Move =>
  (draft) => {
    const x = draft.float();
    const other = partner(draft, x);
    return draft.choices.flag() ? operator(other, x) : operator(x, other);
  };

const withNumber =
  (operator: (a: ops.Operand, b: ops.Operand) => Tensor, move: Move): Move =>
  (draft) => {
    if (draft.choices.int(0, 4) > 0) return move(draft);
    return draft.choices.flag() ? operator(draft.float(), 1.5) : operator(-0.75, draft.float());
  };

export const elementwiseMoves = {
  relu: unary(ops.relu),
  relu6: unary((x) => ops.relu6(ops.mul(x, 4))),
  sigmoid: unary(ops.sigmoid),
  exp: unary((x) => ops.exp(ops.clip(x, -3, 3))),
  log: unary((x) => ops.log(positive(x))),
  sqrt: unary((x) => ops.sqrt(positive(x))),
  inverseSqrt: unary((x) => ops.inverseSqrt(ops.square(x), 0.5)),
  abs: unary(ops.abs),
  square: unary(ops.square),
  neg: unary(ops.neg),
  stopGradient: unary((x) => ops.mul(ops.stopGradient(x), x)),
  clip: (draft) => {
    const low = draft.choices.int(-8, 4) / 8;
    return ops.clip(draft.float(), low, low + draft.choices.int(1, 8) / 8);
  },
  heaviside: (draft) => {
    const { choices } = draft;
    const [threshold, at] = [choices.pick([0, 0.25, -0.5]), choices.pick([0, 0.5, 1])];
    return ops.heaviside(draft.float(), threshold, choices.pick([1, -1] as const), at);
  },
  finite: unary((x) => ops.mul(ops.finite(x), x)),
  where: (draft) => {
    const x = draft.float();
    const condition = ops.heaviside(partner(draft, x), 0.125);
    return draft.choices.flag()
      ? ops.where(condition, x, partner(draft, x))
      : ops.where(condition, partner(draft, x), x);
  },
  add: withNumber(ops.add, binary(ops.add)),
  sub: withNumber(ops.sub, binary(ops.sub)),
  mul: withNumber(ops.mul, binary(ops.mul)),
  div: binary((a, b) => ops.div(a, positive(b))),
  maximum: binary(ops.maximum),
  minimum: binary(ops.minimum),
  addAll: (draft) => {
    const x = draft.float();
    const others = Array.from({ length: draft.choices.int(0, 3) }, () => partner(draft, x));
    return ops.addAll([x, ...others]);
  },
} satisfies Record<string, Move>;
