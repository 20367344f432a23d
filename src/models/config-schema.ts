import { z } from 'zod';
import type { ModelConfig } from './config.js';

const count = z.int().positive().max(65_536);
const channelValues = z.tuple([z.number(), z.number(), z.number()]).readonly();

const schema = z.strictObject({
  classes: count.max(255),
  trunk: z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('mobilenetv2'),
      width: z.number().positive().max(4),
      outputStride: z.literal([8, 16, 32]),
    }),
  ]),
  head: z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('deeplabv3plus'),
      asppRates: z.array(count.max(1024)).max(8).readonly(),
      channels: count.max(4096),
      lowLevelChannels: count.max(4096),
      separable: z.boolean(),
    }),
  ]),
  attention: z.discriminatedUnion('name', [
    z.strictObject({
      name: z.literal('transposed'),
      depthwise: z.boolean(),
      edges: z.enum(['zero', 'replicate']).exactOptional(),
      evenPhases: z.boolean().exactOptional(),
    }),
    z.strictObject({ name: z.literal('paper'), channels: count.max(4096) }),
  ]),
  scales: z
    .array(z.number().positive().max(16))
    .min(1)
    .max(16)
    .refine((scales) => new Set(scales).size === scales.length, 'each scale once')
    .refine((scales) => scales.includes(1), '1 among them')
    .readonly(),
  weights: z.enum(['shared', 'perScale']),
  mean: channelValues,
  deviation: channelValues.refine((values) => values.every((value) => value > 0), 'three numbers above 0'),
});

/** What a model file may say; unknown keys are errors. */
export const modelConfigSchema: z.ZodType<ModelConfig> = schema;

/** What a training configuration may say of its model, whose class count comes from the data. */
export const classlessModelSchema = schema.omit({ classes: true });
