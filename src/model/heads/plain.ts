import { z } from 'zod';
import { convolution, convolutionNormActivation } from '../layers/index.js';
import type { Head } from './head.js';

const schema = z.strictObject({
  name: z.literal('plain'),
  channels: z.int().positive().max(4096).describe('Channels of the two 3×3 convolutions; 256 is usual.'),
  classifierBias: z
    .boolean()
    .exactOptional()
    .describe("Whether the classifier has a bias; default true. NVIDIA's published weights have none."),
  attentionReads: z
    .enum(['head', 'trunk'])
    .exactOptional()
    .describe(
      "What an attention reads: the features in front of the classifier, which is the default, or the trunk's, as in NVIDIA's code.",
    ),
});

export type PlainHeadConfig = z.infer<typeof schema>;

/** Two 3×3 convolutions and a classifier on the deepest feature, as heads of HRNet without OCR have it. */
export const plainHead: Head<PlainHeadConfig> & { readonly schema: typeof schema } = {
  name: 'plain',
  schema,
  build(scope, features, classes, { channels, classifierBias = true, attentionReads = 'head' }) {
    const { tensor, stride } = features.at(-1)!;
    let x = tensor;
    for (const i of [0, 1]) {
      const layer = scope.child('conv').child(i);
      x = convolutionNormActivation(
        [layer.child(0), layer.child(1)],
        x,
        { out: channels, kernel: 3 },
        'relu',
      );
    }
    const logits = convolution(scope.child('classifier'), x, {
      out: classes,
      bias: classifierBias,
      weight: { kind: 'normal', deviation: 0.01 },
    });
    const feature = { tensor: attentionReads === 'head' ? x : tensor, stride };
    return { logits, features: { context: feature, fused: feature } };
  },
};
