import { z } from 'zod';
import { convolution, convolutionNormActivation } from '../layers/index.js';
import type { Head } from './head.js';

const schema = z.strictObject({
  name: z.literal('plain'),
  channels: z
    .int()
    .positive()
    .max(4096)
    .describe('Channels of the convolutions in front of the classifier; 256 is usual.'),
  layers: z.int().min(1).max(2).exactOptional().describe('How many convolutions these are; default 2.'),
  kernel: z.literal([1, 3]).exactOptional().describe('The side of their kernels; default 3.'),
  convolutionBias: z
    .boolean()
    .exactOptional()
    .describe('Whether they have a bias in front of their batch norm; default false.'),
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
  alignCorners: z
    .boolean()
    .exactOptional()
    .describe('Whether the scores are enlarged with corner pixels aligned; default false.'),
});

export type PlainHeadConfig = z.infer<typeof schema>;

/**
 * Convolutions and a classifier on the deepest feature, as heads of HRNet without OCR have them: two of 3×3 in NVIDIA's code, one of
 * 1×1 in that of HRNet's authors.
 */
export const plainHead: Head<PlainHeadConfig> & { readonly schema: typeof schema } = {
  name: 'plain',
  schema,
  build(scope, features, classes, config) {
    const { channels, layers = 2, kernel = 3, convolutionBias: bias = false } = config;
    const { classifierBias = true, attentionReads = 'head', alignCorners = false } = config;
    const { tensor, stride } = features.at(-1)!;
    let x = tensor;
    for (let i = 0; i < layers; i++) {
      const layer = scope.child('conv').child(i);
      x = convolutionNormActivation(
        [layer.child(0), layer.child(1)],
        x,
        { out: channels, kernel, bias },
        'relu',
      );
    }
    const logits = convolution(scope.child('classifier'), x, {
      out: classes,
      bias: classifierBias,
      weight: { kind: 'normal', deviation: 0.01 },
    });
    const feature = { tensor: attentionReads === 'head' ? x : tensor, stride };
    return { logits, alignCorners, features: { context: feature, fused: feature } };
  },
};
