import * as ops from '../../../src/engine/ops/index.js';
import type { Move } from './move.js';

/** A power of two, and values away from the middle between two steps, so that every runtime rounds to the same one. */
const SCALE = 0.25;

export const quantizationMoves = {
  quantizeLinear: (draft) => {
    const dtype = draft.choices.pick(['uint8', 'int8'] as const);
    const words = draft.leaf([draft.choices.int(1, 4)], { dtype: 'int32', low: -20, high: 40 });
    const x = ops.mul(ops.cast(words, 'float32'), SCALE);
    return ops.quantizeLinear(x, { scale: SCALE, zeroPoint: draft.choices.int(0, 9), dtype });
  },
  dequantizeLinear: (draft) => {
    const { choices } = draft;
    const [rows, columns] = [choices.int(1, 4), choices.int(1, 5)];
    const q = draft.leaf([rows, columns], { dtype: 'uint8', low: 0, high: 255 });
    const scales = Array.from({ length: rows }, () => choices.pick([0.25, 0.5, 2]));
    return ops.dequantizeLinear(q, choices.pick([scales, SCALE]), { zeroPoint: choices.int(0, 9) });
  },
} satisfies Record<string, Move>;
