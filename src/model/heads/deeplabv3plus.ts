import { z } from 'zod';
import { concat, resizeLike } from '../../engine/ops/index.js';
import { convolution, convolutionNormActivation, type Scope } from '../layers/index.js';
import type { Feature } from '../trunks/trunk.js';
import { aspp, spatialConvolution, wideRates } from './aspp.js';
import { type Head, type HeadOutput, lowLevelOf } from './head.js';

const schema = z.strictObject({
  name: z.literal('deeplabv3plus').describe('DeepLabV3+ (Chen et al. 2018, arXiv 1802.02611).'),
  asppRates: z
    .array(z.int().positive().max(1024))
    .max(8)
    .readonly()
    .describe(
      'Dilations of the 3×3 branches of the ASPP. Keep them below a third of the smaller side of the deepest ' +
        'features; 6, 12, 18 suit large images at output stride 16.',
    ),
  channels: z.int().positive().max(4096).describe('Channels of the ASPP and the decoder; 256 in the paper.'),
  lowLevelChannels: z
    .int()
    .positive()
    .max(4096)
    .describe('Channels to which the decoder reduces the features at stride 4; 48 in the paper.'),
  separable: z.boolean().describe('Whether the 3×3 convolutions are separable, as in the paper, or dense.'),
});

export type DeepLabV3PlusConfig = z.infer<typeof schema>;

/**
 * DeepLabV3+ (Chen et al. 2018, arXiv 1802.02611). The ASPP of the deepest features is enlarged to the size of the low-level
 * features, concatenated with them and refined by two 3×3 convolutions.
 */
export const deepLabV3Plus: Head<DeepLabV3PlusConfig> & { readonly schema: typeof schema } = {
  name: 'deeplabv3plus',
  schema,
  build,
  doubts: (features, { asppRates }) => wideRates(features, asppRates),
  pretrained: { prefix: 'aspp.' },
};

function build(
  scope: Scope,
  features: readonly Feature[],
  classes: number,
  config: DeepLabV3PlusConfig,
): HeadOutput {
  const { asppRates: rates, channels, lowLevelChannels, separable } = config;
  const [lowLevel, deepest] = [lowLevelOf(features, 'deeplabv3plus'), features.at(-1)!];
  const context = aspp(scope.child('aspp'), deepest.tensor, { rates, channels, separable });
  const reduced = scope.child('lowLevel');
  const low = convolutionNormActivation(
    [reduced.child(0), reduced.child(1)],
    lowLevel.tensor,
    { out: lowLevelChannels },
    'relu',
  );
  let fused = concat([resizeLike(context, low), low], 1);
  for (const i of [0, 1])
    fused = spatialConvolution(scope.child('decoder').child(i), fused, { channels, separable });
  const logits = convolution(scope.child('classifier'), fused, {
    out: classes,
    bias: true,
    weight: { kind: 'normal', deviation: 0.01 },
  });
  return {
    logits,
    features: {
      context: { tensor: context, stride: deepest.stride },
      fused: { tensor: fused, stride: lowLevel.stride },
    },
  };
}
