import { z } from 'zod';
import type { Attention } from '../../../src/models/index.js';
import { convolution } from '../../../src/nn/index.js';
import { concat, resizeLike, slice, softmax } from '../../../src/ops/index.js';

const schema = z.strictObject({ name: z.literal('toy') });

/** A softmax over all scales, from the fused features of all of them. */
export const toyAttention: Attention<z.infer<typeof schema>> = {
  name: 'toy',
  schema,
  readsOneScale: false,
  weigh(scopeOf, outputs) {
    const [{ scale, features }] = outputs as [(typeof outputs)[number]];
    const all = concat(
      outputs.map((output) => resizeLike(output.features.fused.tensor, features.fused.tensor)),
      1,
    );
    const shares = softmax(
      convolution(scopeOf(scale).child('score'), all, { out: outputs.length, bias: true }),
      1,
    );
    const weights = new Map(outputs.map((output, i) => [output.scale, slice(shares, 1, i, i + 1)] as const));
    return { kind: 'all', weights };
  },
};
