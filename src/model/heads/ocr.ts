import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import { concat, matmul, mul, reshape, softmax } from '../../engine/ops/index.js';
import {
  convolution,
  convolutionNormActivation,
  dropout,
  flat,
  imageAverage,
  type Scope,
} from '../layers/index.js';
import type { Feature } from '../trunks/trunk.js';
import type { Head, HeadOutput } from './head.js';

const channels = z.int().positive().max(4096);
const schema = z.strictObject({
  name: z.literal('ocr'),
  channels: channels.describe(
    'Channels of the pixel features and of what describes a class; 512 in the paper.',
  ),
  keyChannels: channels.describe('Channels in which pixels and classes are compared; 256 in the paper.'),
  dropout: z
    .number()
    .min(0)
    .lt(1)
    .describe('Share of the channels that training drops before the classifier; 0.05 in the paper.'),
  alignCorners: z
    .boolean()
    .exactOptional()
    .describe(
      "Whether the scores are enlarged with corner pixels aligned, as HRNet-OCR's own code does; default false.",
    ),
});

export type OcrConfig = z.infer<typeof schema>;

/**
 * Object-contextual representations (Yuan et al. 2020, arXiv 1909.11065): a first classifier says softly where each class
 * is; the mean of the pixel features there describes the class; each pixel gathers the classes that it resembles. The first
 * classifier's logits are the auxiliary output. Reads the deepest feature.
 */
export const ocr: Head<OcrConfig> & { readonly schema: typeof schema } = {
  name: 'ocr',
  schema,
  build,
  doubts,
  pretrained: { prefix: 'ocr.' },
};

function build(
  scope: Scope,
  features: readonly Feature[],
  classes: number,
  { channels, keyChannels, dropout: rate, alignCorners = false }: OcrConfig,
): HeadOutput {
  const { tensor: x, stride } = features.at(-1)!;
  const width = x.shape[1] as number;
  const [auxiliaryHead, pixelHead] = [scope.child('aux_head'), scope.child('conv3x3_ocr')];
  const hidden = convolutionNormActivation(pair(auxiliaryHead, 0), x, { out: width, bias: true }, 'relu');
  const classifier = { out: classes, bias: true, weight: { kind: 'normal', deviation: 0.01 } } as const;
  const auxiliary = convolution(auxiliaryHead.child(2), hidden, classifier);
  const pixels = convolutionNormActivation(
    pair(pixelHead, 0),
    x,
    { out: channels, kernel: 3, bias: true },
    'relu',
  );
  // What describes each class: the mean of the pixel features by where the class is. [N, C, K, 1]
  const regions = imageAverage(scope.child('ocr_gather_head'), pixels, auxiliary);
  const block = scope.child('ocr_distri_head');
  const context = compared(block.child('object_context_block'), pixels, regions, channels, keyChannels);
  const joined = block.child('conv_bn_dropout');
  const fused = dropout(
    joined,
    convolutionNormActivation(pair(joined, 0), concat([context, pixels], 1), { out: channels }, 'relu'),
    rate,
    'channels',
  );
  const feature = { tensor: fused, stride };
  return {
    logits: convolution(scope.child('cls_head'), fused, classifier),
    auxiliary,
    alignCorners,
    features: { context: feature, fused: feature },
  };
}

/** Cells along a side below which the mean over a class's pixels is one over a handful. */
const FEW_CELLS = 16;

function doubts(features: readonly Feature[]): string[] {
  const [height, width] = features.at(-1)!.tensor.shape.slice(2) as [number, number];
  if (Math.min(height, width) >= FEW_CELLS) return [];
  return [
    `ocr describes each class by the mean over ${height}×${width} cells of features, which are few: it is made for ` +
      `${FEW_CELLS} or more along a side`,
  ];
}

/** A convolution and its batch norm, as the published code counts them in its lists. */
function pair(scope: Scope, index: number): readonly [Scope, Scope] {
  return [scope.child(index), scope.child(index + 1).child(0)];
}

/** What each pixel gathers of the classes that it resembles: softmax over the classes of query · key / √channels. */
function compared(
  scope: Scope,
  pixels: Tensor,
  regions: Tensor,
  channels: number,
  keyChannels: number,
): Tensor {
  const layers = (name: string, x: Tensor, out: number, count: number) => {
    let y = x;
    for (let i = 0; i < count; i++)
      y = convolutionNormActivation(pair(scope.child(name), 2 * i), y, { out }, 'relu');
    return y;
  };
  const query = flat(layers('f_pixel', pixels, keyChannels, 2));
  const key = flat(layers('f_object', regions, keyChannels, 2));
  const value = flat(layers('f_down', regions, keyChannels, 1));
  const likeness = softmax(mul(matmul(query, key, true), 1 / Math.sqrt(keyChannels)), 2);
  const context = matmul(value, likeness, false, true);
  const [batch, , height, width] = pixels.shape;
  return layers('f_up', reshape(context, [batch!, keyChannels, height!, width!]), channels, 1);
}
