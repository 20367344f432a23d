import { convolution, convolutionNormActivation, type Scope } from '../../nn/index.js';
import { concat, resizeLike } from '../../ops/index.js';
import type { Features } from '../trunks/trunk.js';
import { aspp, spatialConvolution } from './aspp.js';
import type { HeadOutput } from './head.js';

export interface DeepLabV3PlusConfig {
  readonly name: 'deeplabv3plus';
  readonly asppRates: readonly number[];
  /** Channels of the ASPP and the decoder; 256 in the paper. */
  readonly channels: number;
  /** Channels that the low-level features are reduced to; 48 in the paper. */
  readonly lowLevelChannels: number;
  /** Separable 3×3 convolutions, as in the paper, or dense ones. */
  readonly separable: boolean;
}

/**
 * DeepLabV3+ (Chen et al. 2018, arXiv 1802.02611): ASPP on the deep features, enlarged to the size of the low-level
 * ones, joined with them and refined by two 3×3 convolutions.
 */
export function deepLabV3Plus(
  scope: Scope,
  features: Features,
  classes: number,
  config: DeepLabV3PlusConfig,
): HeadOutput {
  const { asppRates: rates, channels, lowLevelChannels, separable } = config;
  const context = aspp(scope.child('aspp'), features.high, { rates, channels, separable });
  const reduced = scope.child('lowLevel');
  const low = convolutionNormActivation(
    [reduced.child(0), reduced.child(1)],
    features.low,
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
  return { logits, context, fused };
}
