import { KEY_WORDS } from '../../../src/base/random/index.js';
import * as ops from '../../../src/engine/ops/index.js';
import type { Move } from './move.js';

export const conversionMoves = {
  randomUniform: (draft) => {
    const words = () => ops.cast(draft.leaf([KEY_WORDS], { dtype: 'int32', low: 0, high: 4095 }), 'float32');
    const shape = Array.from({ length: draft.choices.int(0, 4) }, () => draft.choices.int(1, 4));
    return ops.randomUniform(words(), words(), draft.choices.pick(['a', 'b']), shape);
  },
  cast: (draft) => {
    const { choices } = draft;
    const from = choices.int(0, 2);
    if (from === 0 && draft.integers.length > 0) return ops.cast(choices.pick(draft.integers), 'float32');
    const to = choices.pick(['uint8', 'int32', 'int64', 'bool'] as const);
    // Negative numbers have no defined uint8.
    if (from === 1) return ops.cast(ops.clip(ops.mul(draft.float(), 4), to === 'uint8' ? 0 : -9, 9), to);
    return ops.cast(
      draft.leaf([choices.int(1, 4), choices.int(1, 5)], { dtype: 'uint8', low: 0, high: 255 }),
      to,
    );
  },
} satisfies Record<string, Move>;
