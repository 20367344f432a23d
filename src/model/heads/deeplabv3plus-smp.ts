import { z } from 'zod';
import { concat, resizeLike } from '../../engine/ops/index.js';
import { activate, batchNorm, convolution, convolutionNormActivation } from '../layers/index.js';
import { wideRates } from './aspp.js';
import { type Head, lowLevelOf } from './head.js';
import { atrous, separableConvolution, torchvisionAspp } from './torchvision-aspp.js';

const schema = z.strictObject({
  name: z
    .literal('deeplabv3plus-smp')
    .describe('DeepLabV3+ (Chen et al. 2018, arXiv 1802.02611), as segmentation_models.pytorch has it.'),
  asppRates: z
    .array(z.int().positive().max(1024))
    .max(8)
    .readonly()
    .describe(
      'Dilations of the 3×3 branches of the ASPP; 12, 24, 36 where that package is told nothing else.',
    ),
  channels: z.int().positive().max(4096).describe('Channels of the ASPP and the decoder; 256 there.'),
  lowLevelChannels: z
    .int()
    .positive()
    .max(4096)
    .describe('Channels to which the decoder reduces the features at stride 4; 48 there.'),
  separable: z
    .boolean()
    .describe('Whether the 3×3 convolutions in the ASPP are separable. Those behind it always are.'),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .describe('Share of the numbers behind the ASPP that training sets to zero; 0.5 there.'),
});

export type DeepLabV3PlusSmpConfig = z.infer<typeof schema>;

/**
 * DeepLabV3+ (Chen et al. 2018, arXiv 1802.02611) in the form and under the names of segmentation_models.pytorch 0.5 and 0.6.
 * It enlarges with corner pixels aligned: the context to the size of the low-level features, and the scores to that of the
 * image. (The package does so by factors, and refuses images whose sides are no multiples of the output stride.)
 */
export const deepLabV3PlusSmp: Head<DeepLabV3PlusSmpConfig> & { readonly schema: typeof schema } = {
  name: 'deeplabv3plus-smp',
  schema,
  build(scope, features, classes, { asppRates: rates, channels, lowLevelChannels, separable, dropout }) {
    const [lowLevel, deepest] = [lowLevelOf(features, 'deeplabv3plus-smp'), features.at(-1)!];
    const decoder = scope.child('decoder');
    const pyramid = decoder.child('aspp');
    const seen = torchvisionAspp(pyramid.child(0), deepest.tensor, { rates, channels, separable, dropout });
    const context = activate(
      batchNorm(pyramid.child(2), separableConvolution(pyramid.child(1), seen, { channels })),
      'relu',
    );
    const reduced = decoder.child('block1');
    const low = convolutionNormActivation(
      [reduced.child(0), reduced.child(1)],
      lowLevel.tensor,
      { out: lowLevelChannels },
      'relu',
    );
    const joined = concat([resizeLike(context, low, { alignCorners: true }), low], 1);
    const fused = atrous(decoder.child('block2'), joined, { channels, separable: true });
    const logits = convolution(scope.child('segmentation_head').child(0), fused, {
      out: classes,
      bias: true,
      weight: { kind: 'normal', deviation: 0.01 },
    });
    return {
      logits,
      alignCorners: true,
      features: {
        context: { tensor: context, stride: deepest.stride },
        fused: { tensor: fused, stride: lowLevel.stride },
      },
    };
  },
  doubts: (features, { asppRates }) => wideRates(features, asppRates),
};
