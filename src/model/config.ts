import { z } from 'zod';
import { isRecord } from '../base/errors/index.js';
import { adjacentAttention } from './attention/adjacent.js';
import type { Attention } from './attention/attention.js';
import { explicitAttention } from './attention/explicit.js';
import { noAttention } from './attention/none.js';
import { paperAttention, transposedAttention } from './attention/own-scale.js';
import { deepLabV3 } from './heads/deeplabv3.js';
import { deepLabV3Plus } from './heads/deeplabv3plus.js';
import { nvidiaDeepLabV3Plus } from './heads/deeplabv3plus-nvidia.js';
import { deepLabV3PlusSmp } from './heads/deeplabv3plus-smp.js';
import type { Head } from './heads/head.js';
import { ocr } from './heads/ocr.js';
import { plainHead } from './heads/plain.js';
import { type ConfigOf, Registry } from './registry.js';
import { hrNetV2 } from './trunks/hrnet.js';
import { mobileNetV2 } from './trunks/mobilenetv2.js';
import { resNet50, resNet101 } from './trunks/resnet.js';
import type { Trunk } from './trunks/trunk.js';

// A new architecture is a file of its own and its name in one of these lists.
const builtInTrunks = [mobileNetV2, resNet50, resNet101, hrNetV2] as const;
const builtInHeads = [
  deepLabV3Plus,
  nvidiaDeepLabV3Plus,
  deepLabV3PlusSmp,
  deepLabV3,
  ocr,
  plainHead,
] as const;
const builtInAttentions = [
  transposedAttention,
  paperAttention,
  adjacentAttention,
  explicitAttention,
  noAttention,
] as const;

// biome-ignore-start lint/suspicious/noExplicitAny: "some trunk" is an existential type, which TypeScript spells any
export const trunks = new Registry<Trunk<any>>('trunk', builtInTrunks);
export const heads = new Registry<Head<any>>('head', builtInHeads);
export const attentions = new Registry<Attention<any>>('attention', builtInAttentions);
// biome-ignore-end lint/suspicious/noExplicitAny: see above

export type TrunkConfig = ConfigOf<(typeof builtInTrunks)[number]>;
export type HeadConfig = ConfigOf<(typeof builtInHeads)[number]>;
export type AttentionConfig = ConfigOf<(typeof builtInAttentions)[number]>;

const channelValues = z.tuple([z.number(), z.number(), z.number()]).readonly();

/** The `model` key of a training configuration. It has no class count, which comes from the data. */
export const classlessModelSchema = z.strictObject({
  trunk: trunks.anyOf<TrunkConfig>('The trunk, which turns an image into features.'),
  head: heads.anyOf<HeadConfig>('The head, which turns features into class scores.'),
  attention: attentions.anyOf<AttentionConfig>('The attention, which weighs the scales against each other.'),
  scales: z
    .array(
      z
        .number()
        .min(1 / 64)
        .max(16),
    )
    .min(1)
    .max(16)
    .refine((scales) => new Set(scales).size === scales.length, 'each scale once')
    .refine((scales) => scales.length === 1 || scales.includes(1), '1 among them')
    .readonly()
    .describe(
      'The scales of the image that the model is trained on, each once. Must include 1, unless there is only one.',
    ),
  weights: z
    .enum(['shared', 'perScale'])
    .describe(
      '`shared`: one network for all scales, which then runs at any scale. `perScale`: one network for each scale.',
    ),
  mean: channelValues.describe('Subtracted from the pixels (0 … 255) of red, green and blue.'),
  deviation: channelValues
    .refine((values) => values.every((value) => value > 0), 'three numbers above 0')
    .describe('Divides the result of the subtraction, for red, green and blue.'),
});

/** The configuration in a model file. Unknown keys are errors. */
export const modelConfigSchema = z.strictObject({
  classes: z.int().min(1).max(255),
  ...classlessModelSchema.shape,
});

/** Everything that determines the variables and the graph of a model. A model file contains it. */
export type ModelConfig = Readonly<z.infer<typeof modelConfigSchema>>;

/** The pixel statistics of ImageNet, for weights from torchvision. Units of pixels, 0 … 255. */
export const imagenetPixels = {
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
} as const;

/** Pixels from −1 to 1, for weights from TensorFlow's DeepLab. */
export const symmetricPixels = {
  mean: [127.5, 127.5, 127.5],
  deviation: [127.5, 127.5, 127.5],
} as const;

/**
 * Converts the configuration of a model that version 0.1 wrote. Its transposed attention always enlarged four times,
 * independently of the strides of trunk and head. Any other value is returned unchanged; the schema will refuse it.
 */
export function formerModel(config: unknown): unknown {
  if (!isRecord(config) || !isRecord(config.attention) || !isRecord(config.trunk)) return config;
  const { attention, trunk } = config;
  const isOther = attention.name === 'transposed' && trunk.outputStride !== 16;
  return isOther ? { ...config, attention: { ...attention, layers: 2 } } : config;
}
