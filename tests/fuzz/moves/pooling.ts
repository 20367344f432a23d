import type { Tensor } from '../../../src/engine/graph/index.js';
import type { PoolingOptions } from '../../../src/engine/ops/index.js';
import * as ops from '../../../src/engine/ops/index.js';
import type { Choices } from '../choices.js';
import { type Draft, sidesOf } from '../draft.js';
import type { Move } from './move.js';

/** An image and windows that fit into it; no window may lie in the padding alone. */
function pooled(
  draft: Draft,
  widest: number,
): { x: Tensor; options: PoolingOptions; dilation: number } | undefined {
  const { choices } = draft;
  const x = draft.float(4, 4);
  const dilation = choices.int(1, widest);
  const kernel = [choices.int(1, 4), choices.int(1, 4)] as const;
  const padding = [...around(choices, kernel, dilation), ...around(choices, kernel, dilation)] as const;
  const fits = sidesOf(x)
    .slice(2)
    .every((side, axis) => side + padding[axis]! + padding[axis + 2]! > dilation * (kernel[axis]! - 1));
  if (!fits) return undefined;
  const stride = [choices.int(1, 3), choices.int(1, 3)] as const;
  return { x, options: { kernel, padding, ...(choices.int(0, 3) > 0 ? { stride } : {}) }, dilation };
}

/** Paddings before both axes: at most half the kernel, less where it is dilated. */
function around(choices: Choices, kernel: readonly [number, number], dilation: number) {
  const widest = (side: number) => Math.floor((dilation > 1 ? side - 1 : side) / 2);
  return [choices.int(0, widest(kernel[0])), choices.int(0, widest(kernel[1]))] as const;
}

export const poolingMoves = {
  maxPool2d: (draft) => {
    const found = pooled(draft, 2);
    return found && ops.maxPool2d(found.x, { ...found.options, dilation: found.dilation });
  },
  averagePool2d: (draft) => {
    const found = pooled(draft, 1);
    return found && ops.averagePool2d(found.x, { ...found.options, countPadding: draft.choices.flag() });
  },
  globalAveragePool: (draft) => ops.globalAveragePool(draft.float(4, 4)),
} satisfies Record<string, Move>;
