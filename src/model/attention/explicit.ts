import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { concat, resizeLike, slice, softmax } from '../../engine/ops/index.js';
import { convolution, convolutionNormActivation, zeros } from '../layers/index.js';
import type { Attention } from './attention.js';

const schema = z.strictObject({
  name: z.literal('explicit'),
  channels: z.int().positive().max(4096).describe('Channels of the 3×3 convolution; 512 in the paper.'),
});

export type ExplicitAttentionConfig = z.infer<typeof schema>;

/**
 * Attention to scale (Chen et al. 2016, arXiv 1511.03339): one head sees the fused features of all scales, at the size of
 * the highest, and gives a softmax over them. It knows the scales that it was trained on and no others.
 */
export const explicitAttention: Attention<ExplicitAttentionConfig> & { readonly schema: typeof schema } = {
  name: 'explicit',
  schema,
  readsOneScale: false,
  ownScalesOnly: true,
  check(scales, trained) {
    const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b).join(', ');
    if (sorted(scales) === sorted(trained)) return;
    throw new HmsaError({
      operation: 'scales',
      expected: `the scales ${sorted(trained)}, which the model's attention was trained to weigh`,
      received: sorted(scales),
      remedy: 'Give these scales, or combine by "average" or "max", or by "single" at one.',
    });
  },
  weigh(scopeOf, outputs, { channels: out }) {
    const [{ features: highest }] = outputs as [(typeof outputs)[number]];
    const scope = scopeOf(1);
    const joined = concat(
      outputs.map(({ features: { fused } }) => resizeLike(fused.tensor, highest.fused.tensor)),
      1,
    );
    const conv = scope.child('conv');
    const x = convolutionNormActivation([conv.child(0), conv.child(1)], joined, { out, kernel: 3 }, 'relu');
    // All zero at the start: every scale counts the same.
    const score = { out: outputs.length, bias: true, weight: zeros };
    const shares = softmax(convolution(scope.child('score'), x, score), 1);
    return {
      kind: 'all',
      weights: new Map(outputs.map(({ scale }, i) => [scale, slice(shares, 1, i, i + 1)] as const)),
    };
  },
};
