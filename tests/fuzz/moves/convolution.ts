import * as ops from '../../../src/engine/ops/index.js';
import type { Choices } from '../choices.js';
import { sidesOf } from '../draft.js';
import type { Move } from './move.js';

function geometry(choices: Choices) {
  const pair = (high: number) => [choices.int(1, high), choices.int(1, high)] as const;
  return {
    kernel: pair(4),
    stride: choices.flag() ? ([1, 1] as const) : pair(3),
    dilation: choices.flag() ? ([1, 1] as const) : pair(3),
    padding: [choices.int(0, 3), choices.int(0, 3), choices.int(0, 3), choices.int(0, 3)] as const,
  };
}

/** A divisor of the channel count: one group, one a channel, or in between. */
function groupCount(choices: Choices, channels: number): number {
  return choices.pick([1, channels, ...[2, 3].filter((groups) => channels % groups === 0)]);
}

export const convolutionMoves = {
  conv2d: (draft) => {
    const { choices } = draft;
    const x = draft.float(4, 4);
    const [batch, channels, height, width] = sidesOf(x) as [number, number, number, number];
    const { kernel, ...options } = geometry(choices);
    const groups = groupCount(choices, channels);
    const out = groups * choices.int(1, 3);
    const sides = [height, width].map(
      (side, axis) =>
        Math.floor(
          (side +
            options.padding[axis]! +
            options.padding[axis + 2]! -
            options.dilation[axis]! * (kernel[axis]! - 1) -
            1) /
            options.stride[axis]!,
        ) + 1,
    );
    if (!draft.fits([batch, out, ...sides])) return undefined;
    const weight = draft.leaf([out, channels / groups, ...kernel]);
    return ops.conv2d(x, weight, {
      ...options,
      groups,
      ...(choices.flag() ? { bias: draft.leaf([out]) } : {}),
    });
  },
  convTranspose2d: (draft) => {
    const { choices } = draft;
    const x = draft.float(4, 4);
    const [batch, channels, height, width] = sidesOf(x) as [number, number, number, number];
    const { kernel, ...options } = geometry(choices);
    const groups = groupCount(choices, channels);
    const outPerGroup = choices.int(1, 3);
    const extra = [choices.int(0, options.stride[0] - 1), choices.int(0, options.stride[1] - 1)] as const;
    const sides = [height, width].map(
      (side, axis) =>
        (side - 1) * options.stride[axis]! +
        options.dilation[axis]! * (kernel[axis]! - 1) +
        1 -
        options.padding[axis]! -
        options.padding[axis + 2]! +
        extra[axis]!,
    );
    if (!draft.fits([batch, groups * outPerGroup, ...sides])) return undefined;
    const weight = draft.leaf([channels, outPerGroup, ...kernel]);
    return ops.convTranspose2d(x, weight, {
      ...options,
      groups,
      outputPadding: extra,
      ...(choices.flag() ? { bias: draft.leaf([groups * outPerGroup]) } : {}),
    });
  },
} satisfies Record<string, Move>;
