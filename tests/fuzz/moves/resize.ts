import * as ops from '../../../src/engine/ops/index.js';
import { sidesOf } from '../draft.js';
import type { Move } from './move.js';

export const resizeMoves = {
  resizeBilinear: (draft) => {
    const x = draft.float(4, 4);
    const size = [draft.choices.int(1, 11), draft.choices.int(1, 11)] as const;
    return draft.fits([...sidesOf(x).slice(0, 2), ...size])
      ? ops.resizeBilinear(x, size, { alignCorners: draft.choices.flag() })
      : undefined;
  },
  resizeLike: (draft) => {
    const target = draft.float(4, 4);
    const others = draft.floats.filter(({ shape }) => shape.length === 4);
    const x = draft.choices.flag() ? draft.image() : draft.choices.pick([target, ...others]);
    const shape = [...sidesOf(x).slice(0, 2), ...sidesOf(target).slice(2)];
    return draft.fits(shape) ? ops.resizeLike(x, target) : undefined;
  },
} satisfies Record<string, Move>;
