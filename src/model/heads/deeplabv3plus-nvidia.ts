import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import { concat, resizeLike } from '../../engine/ops/index.js';
import {
  activate,
  batchNorm,
  convolution,
  convolutionNormActivation,
  imageAverage,
  type Scope,
} from '../layers/index.js';
import type { Feature } from '../trunks/trunk.js';
import { wideRates } from './aspp.js';
import { type Head, type HeadOutput, lowLevelOf } from './head.js';

const channels = z.int().positive().max(4096);
const schema = z.strictObject({
  name: z
    .literal('deeplabv3plus-nvidia')
    .describe("DeepLabV3+ as NVIDIA's published code of the method has it, for its weights."),
  asppRates: z
    .array(z.int().positive().max(1024))
    .max(8)
    .readonly()
    .describe('Dilations of the 3×3 branches of the ASPP; 12, 24, 36 are published, at output stride 8.'),
  channels: channels.describe('Channels of each branch of the ASPP and of the decoder; 256 are published.'),
  lowLevelChannels: channels.describe(
    'Channels to which the features at stride 4 are reduced; 48 are published.',
  ),
});

export type NvidiaDeepLabV3PlusConfig = z.infer<typeof schema>;

/**
 * DeepLabV3+ (Chen et al. 2018, arXiv 1802.02611) in the form of NVIDIA's semantic-segmentation. It differs from `deeplabv3plus`:
 * the branches of the ASPP are joined with the image pooling first and not projected; the two 1×1 convolutions in front of
 * the decoder have neither norm nor activation; the low-level features come first; nothing has a bias. Names are those of
 * that code, `aspp.features.0.0.weight`, `final.0.weight`.
 */
export const nvidiaDeepLabV3Plus: Head<NvidiaDeepLabV3PlusConfig> & { readonly schema: typeof schema } = {
  name: 'deeplabv3plus-nvidia',
  schema,
  build,
  doubts: (features, { asppRates }) => wideRates(features, asppRates),
};

function build(
  scope: Scope,
  features: readonly Feature[],
  classes: number,
  { asppRates, channels, lowLevelChannels }: NvidiaDeepLabV3PlusConfig,
): HeadOutput {
  const [lowLevel, deepest] = [lowLevelOf(features, 'deeplabv3plus-nvidia'), features.at(-1)!];
  const joined = pyramid(scope.child('aspp'), deepest.tensor, asppRates, channels);
  const context = convolution(scope.child('bot_aspp'), joined, { out: channels });
  const fine = convolution(scope.child('bot_fine'), lowLevel.tensor, { out: lowLevelChannels });
  const fused = concat([fine, resizeLike(context, fine)], 1);
  const final = scope.child('final');
  let x = fused;
  for (const at of [0, 3]) {
    const place = [final.child(at), final.child(at + 1)] as const;
    x = convolutionNormActivation(place, x, { out: channels, kernel: 3 }, 'relu');
  }
  return {
    logits: convolution(final.child(6), x, { out: classes, weight: { kind: 'normal', deviation: 0.01 } }),
    features: {
      context: { tensor: context, stride: deepest.stride },
      fused: { tensor: fused, stride: lowLevel.stride },
    },
  };
}

/** The mean of the image, a 1×1 convolution and dilated ones, joined in this order. */
function pyramid(scope: Scope, x: Tensor, rates: readonly number[], channels: number): Tensor {
  const pooling = scope.child('img_conv');
  const pooled = convolution(pooling.child(0), imageAverage(pooling, x), { out: channels });
  // A batch of one image has a single value for each channel, which batch statistics would make 0.
  const isSingle = x.shape[0] === 1;
  const norm = batchNorm(pooling.child(1), pooled, isSingle ? { statistics: 'running' } : {});
  const branches = [undefined, ...rates].map((dilation, i) => {
    const branch = scope.child('features').child(i);
    const layer = dilation === undefined ? { out: channels } : { out: channels, kernel: 3, dilation };
    return convolutionNormActivation([branch.child(0), branch.child(1)], x, layer, 'relu');
  });
  return concat([resizeLike(activate(norm, 'relu'), x), ...branches], 1);
}
