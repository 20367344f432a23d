import { z } from 'zod';
import { HmsaError } from '../../base/errors/index.js';
import { convolution, convolutionNormActivation, dropout, type Scope } from '../layers/index.js';
import type { Feature } from '../trunks/trunk.js';
import { wideRates } from './aspp.js';
import type { Head, HeadOutput } from './head.js';
import { torchvisionAspp } from './torchvision-aspp.js';

const schema = z.strictObject({
  name: z
    .literal('deeplabv3')
    .describe('DeepLabV3 (Chen et al. 2017, arXiv 1706.05587), as torchvision has it.'),
  asppRates: z
    .array(z.int().positive().max(1024))
    .max(8)
    .readonly()
    .describe('Dilations of the 3×3 branches of the ASPP; 12, 24, 36 in torchvision, at output stride 8.'),
  channels: z.int().positive().max(4096).describe('Channels of the ASPP and behind it; 256 in torchvision.'),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .describe('Share of the numbers behind the ASPP that training sets to zero; 0.5 in torchvision.'),
  auxiliary: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether a second classifier reads the feature before the deepest. Only training uses it. Default: false.',
    ),
});

export type DeepLabV3Config = z.infer<typeof schema>;

/** What the auxiliary head drops in torchvision. */
const AUXILIARY_DROPOUT = 0.1;

/**
 * DeepLabV3 (Chen et al. 2017, arXiv 1706.05587) in the form and under the names of torchvision: the ASPP of the deepest
 * feature, a 3×3 convolution and the classifier, which stays at the stride of the trunk. The auxiliary classifier is
 * that of an FCN (arXiv 1411.4038).
 */
export const deepLabV3: Head<DeepLabV3Config> & { readonly schema: typeof schema } = {
  name: 'deeplabv3',
  schema,
  build(scope, features, classes, { asppRates: rates, channels, dropout, auxiliary = false }) {
    const { tensor, stride } = features.at(-1)!;
    const layers = scope.child('classifier');
    const context = torchvisionAspp(layers.child(0), tensor, { rates, channels, separable: false, dropout });
    const fused = convolutionNormActivation(
      [layers.child(1), layers.child(2)],
      context,
      { out: channels, kernel: 3 },
      'relu',
    );
    return {
      logits: convolution(layers.child(4), fused, classifierOf(classes)),
      features: { context: { tensor: context, stride }, fused: { tensor: fused, stride } },
      ...(auxiliary ? { auxiliary: auxiliaryLogits(scope.child('aux_classifier'), features, classes) } : {}),
    };
  },
  doubts: (features, { asppRates }) => wideRates(features, asppRates),
};

function auxiliaryLogits(
  scope: Scope,
  features: readonly Feature[],
  classes: number,
): NonNullable<HeadOutput['auxiliary']> {
  const before = features.at(-2);
  if (before === undefined) {
    throw new HmsaError({
      operation: 'model, head deeplabv3',
      expected: 'a trunk with two features for the auxiliary classifier',
      received: 'one',
      remedy: 'Set model.head.auxiliary to false.',
    });
  }
  const channels = Math.max(1, Math.floor((before.tensor.shape[1] as number) / 4));
  const hidden = convolutionNormActivation(
    [scope.child(0), scope.child(1)],
    before.tensor,
    { out: channels, kernel: 3 },
    'relu',
  );
  return convolution(
    scope.child(4),
    dropout(scope.child(0), hidden, AUXILIARY_DROPOUT),
    classifierOf(classes),
  );
}

function classifierOf(classes: number) {
  return { out: classes, bias: true, weight: { kind: 'normal', deviation: 0.01 } } as const;
}
