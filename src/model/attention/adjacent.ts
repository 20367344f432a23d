import { z } from 'zod';
import { concat, resizeLike, sigmoid } from '../../engine/ops/index.js';
import { convolution, convolutionNormActivation, zeros } from '../layers/index.js';
import { type Attention, scoreBias } from './attention.js';

const schema = z.strictObject({
  name: z.literal('adjacent'),
  channels: z.int().positive().max(4096).describe('Channels of the two 3×3 convolutions; 256 is published.'),
  scoreBias,
});

export type AdjacentAttentionConfig = z.infer<typeof schema>;

/**
 * The weight of a scale from its own fused features beside those of the next higher scale, resized to them: what NVIDIA's
 * code calls `mscale2`. Two 3×3 convolutions, a score and a sigmoid.
 */
export const adjacentAttention: Attention<AdjacentAttentionConfig> & { readonly schema: typeof schema } = {
  name: 'adjacent',
  schema,
  readsOneScale: false,
  weigh(scopeOf, outputs, { channels: out, scoreBias: bias = true }) {
    const weights = new Map(
      outputs.slice(1).map(({ scale, features: { fused } }, i) => {
        const higher = outputs[i]!.features.fused.tensor;
        const scope = scopeOf(scale);
        let x = concat([fused.tensor, resizeLike(higher, fused.tensor)], 1);
        for (const i of [0, 1]) {
          const layer = scope.child('conv').child(i);
          x = convolutionNormActivation([layer.child(0), layer.child(1)], x, { out, kernel: 3 }, 'relu');
        }
        const score = convolution(scope.child('score'), x, { out: 1, bias, weight: zeros });
        return [scale, sigmoid(score)] as const;
      }),
    );
    return { kind: 'adjacent', weights };
  },
};
