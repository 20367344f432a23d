import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import { add } from '../../engine/ops/index.js';
import { convolutionNormActivation, type Scope } from '../layers/index.js';
import type { Feature, Trunk } from './trunk.js';

const schema = z.strictObject({
  name: z.literal('mobilenetv2').describe('MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381).'),
  width: z.number().positive().max(4).describe('Multiplies the number of channels of every layer.'),
  outputStride: z
    .literal([8, 16, 32])
    .describe(
      'Image pixels, along each side, for one cell of the deepest features. A smaller stride is finer and slower. ' +
        'Later strides become dilations.',
    ),
  firstDilation: z
    .enum(['previous', 'own'])
    .exactOptional()
    .describe(
      'Dilation of the block that loses its stride: that of the blocks before it, which is the default, or that of those ' +
        'behind it, as segmentation_models.pytorch has it.',
    ),
  padding: z
    .enum(['symmetric', 'same'])
    .exactOptional()
    .describe(
      'Where layers of stride 2 pad: on both ends, which is the default; or, as TensorFlow and Keras have it, an even side on its ' +
        'far end alone. Weights of Keras are exact with `same`.',
    ),
  lastConvolution: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether the 1×1 convolution to 1280 channels ends the trunk, as in segmentation_models.pytorch. Default: false.',
    ),
});

export type MobileNetV2Config = z.infer<typeof schema>;

/** Expansion, channels, blocks, stride of the first block: table 2 of arXiv 1801.04381. */
const stages: readonly (readonly [expansion: number, channels: number, blocks: number, stride: number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/**
 * MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) up to its last inverted residual, with 320 · width channels, or to the
 * 1×1 convolution to 1280 channels behind it, which classification needs. Names are torchvision's, `features.I.conv.…`.
 *
 * Once the output stride is reached, further strides become dilations, as in DeepLab: a block that loses its stride keeps its
 * dilation, unless told otherwise, and all blocks after it are dilated. The features are the last ones at each stride.
 */
export const mobileNetV2: Trunk<MobileNetV2Config> & { readonly schema: typeof schema } = {
  name: 'mobilenetv2',
  schema,
  smallestSide: ({ outputStride }) => outputStride,
  standard: { name: 'mobilenetv2', width: 1, outputStride: 16 },
  build,
  pretrained: { source: "torchvision's MobileNetV2", example: 'features.0.0.weight' },
};

function build(scope: Scope, image: Tensor, config: MobileNetV2Config): Feature[] {
  const { width, outputStride, firstDilation = 'previous', lastConvolution = false } = config;
  const strided = config.padding === 'same' ? ({ padding: 'same' } as const) : {};
  const features = scope.child('features');
  const stem = features.child(0);
  let x = convolutionNormActivation(
    [stem.child(0), stem.child(1)],
    image,
    { out: scaledChannels(32, width), kernel: 3, stride: 2, ...strided },
    'relu6',
  );
  const found = new Map<number, Tensor>();
  let reached = 2;
  let dilation = 1;
  let index = 1;
  for (const [expansion, channels, blocks, firstStride] of stages) {
    for (let block = 0; block < blocks; block++, index++) {
      const wanted = block === 0 ? firstStride : 1;
      const stride = reached * wanted > outputStride ? 1 : wanted;
      const later = (dilation * wanted) / stride;
      x = invertedResidual(features.child(index).child('conv'), x, {
        expansion,
        out: scaledChannels(channels, width),
        stride,
        dilation: firstDilation === 'own' ? later : dilation,
        residual: wanted === 1,
        ...(stride === 1 ? {} : strided),
      });
      reached *= stride;
      dilation = later;
    }
    found.set(reached, x);
  }
  if (lastConvolution) {
    const last = features.child(index);
    const out = scaledChannels(1280, Math.max(1, width));
    found.set(reached, convolutionNormActivation([last.child(0), last.child(1)], x, { out }, 'relu6'));
  }
  return [...found].map(([stride, tensor]) => ({ stride, tensor }));
}

interface Block {
  readonly expansion: number;
  readonly out: number;
  readonly stride: number;
  readonly dilation: number;
  /** Whether to add the input, if the shapes allow it. False for a block that is strided in the original. */
  readonly residual: boolean;
  readonly padding?: 'same';
}

function invertedResidual(
  scope: Scope,
  x: Tensor,
  { expansion, out, stride, dilation, residual, ...padded }: Block,
): Tensor {
  const channels = x.shape[1] as number;
  const hidden = channels * expansion;
  let layer = 0;
  let y = x;
  const pair = () => [scope.child(layer).child(0), scope.child(layer++).child(1)] as const;
  if (expansion !== 1) y = convolutionNormActivation(pair(), y, { out: hidden }, 'relu6');
  y = convolutionNormActivation(
    pair(),
    y,
    { out: hidden, kernel: 3, stride, dilation, groups: hidden, ...padded },
    'relu6',
  );
  y = convolutionNormActivation([scope.child(layer), scope.child(layer + 1)], y, { out }, 'none');
  return residual && channels === out ? add(x, y) : y;
}

/** The channels times the width, rounded to a multiple of 8 that is at most 10% smaller. */
function scaledChannels(channels: number, width: number): number {
  const exact = channels * width;
  const rounded = Math.max(8, Math.floor((exact + 4) / 8) * 8);
  return rounded < 0.9 * exact ? rounded + 8 : rounded;
}
