import { z } from 'zod';
import type { Tensor } from '../../engine/graph/index.js';
import { padEdges, sigmoid } from '../../engine/ops/index.js';
import type { HeadOutput } from '../heads/head.js';
import {
  activate,
  batchNorm,
  convolution,
  convolutionNormActivation,
  type Scope,
  transposedConvolution,
  zeros,
} from '../layers/index.js';
import { type Attention, type ScaleOutput, scoreBias, type Weighing } from './attention.js';

const transposedSchema = z.strictObject({
  name: z
    .literal('transposed')
    .describe("Enlarges the head's context by transposed convolutions, as the replication does."),
  depthwise: z
    .boolean()
    .describe(
      'Whether each channel is enlarged separately, at a fraction of the cost of dense transposed convolutions.',
    ),
  edges: z
    .enum(['zero', 'replicate'])
    .exactOptional()
    .describe(
      'Padding of the transposed convolutions beyond the edge of the map. `zero`, the default, leaves a frame around the ' +
        'attention; `replicate` does not.',
    ),
  layers: z
    .int()
    .min(1)
    .max(4)
    .exactOptional()
    .describe(
      'Number of transposed convolutions, each of which doubles the sides. Default: as many as reach the fused features.',
    ),
  evenPhases: z
    .boolean()
    .exactOptional()
    .describe(
      'Whether the interleaving kernels of a transposed convolution must have the same sum. `false`, the default, leaves ' +
        'a grid in the attention (Odena et al. 2016, doi 10.23915/distill.00003).',
    ),
});

export type TransposedAttentionConfig = z.infer<typeof transposedSchema>;

/**
 * The attention of the replication: transposed convolutions, initialised as bilinear interpolation, enlarge the head's
 * context to the stride of the fused features.
 */
export const transposedAttention: Attention<TransposedAttentionConfig> & {
  readonly schema: typeof transposedSchema;
} = {
  name: 'transposed',
  schema: transposedSchema,
  readsOneScale: true,
  weigh: (scopeOf, outputs, config) =>
    weighEach(scopeOf, outputs, (scope, output) => enlarged(scope, output, config)),
};

const paperSchema = z.strictObject({
  name: z.literal('paper').describe('Applies two 3×3 convolutions to the fused features, as the paper does.'),
  channels: z.int().positive().max(4096).describe('Channels of the two 3×3 convolutions; 256 in the paper.'),
  layers: z
    .int()
    .min(1)
    .max(4)
    .exactOptional()
    .describe('Number of the 3×3 convolutions; default 2, as in the paper.'),
  scoreBias,
});

/** The attention of the paper: two 3×3 convolutions on the fused features (arXiv 2005.10821, section 3.1). */
export const paperAttention: Attention<z.infer<typeof paperSchema>> & {
  readonly schema: typeof paperSchema;
} = {
  name: 'paper',
  schema: paperSchema,
  readsOneScale: true,
  weigh: (scopeOf, outputs, { channels, layers = 2, scoreBias = true }) =>
    weighEach(scopeOf, outputs, (scope, output) => refined(scope, output, channels, layers), scoreBias),
};

/**
 * Weights each scale but the highest by a 1×1 convolution and a sigmoid on its own features, at their size. The weights start
 * at one half everywhere, because the last layer starts at zero. No other layer does: it would get no gradient.
 */
function weighEach(
  scopeOf: (scale: number) => Scope,
  outputs: readonly ScaleOutput[],
  features: (scope: Scope, output: HeadOutput) => Tensor,
  bias = true,
): Weighing {
  const weights = new Map<number, Tensor>();
  for (const output of outputs.slice(1)) {
    const scope = scopeOf(output.scale);
    const score = { out: 1, bias, weight: zeros };
    weights.set(output.scale, sigmoid(convolution(scope.child('score'), features(scope, output), score)));
  }
  return { kind: 'adjacent', weights };
}

function enlarged(
  scope: Scope,
  { features: { context, fused } }: HeadOutput,
  { depthwise, edges = 'zero', evenPhases = false, layers }: TransposedAttentionConfig,
): Tensor {
  const doublings = layers ?? Math.ceil(Math.log2(context.stride / fused.stride));
  const channels = context.tensor.shape[1] as number;
  const around = edges === 'replicate' ? 1 : 0;
  let x = context.tensor;
  for (let i = 0; i < doublings; i++) {
    const layer = scope.child('up').child(i);
    x = transposedConvolution(layer.child(0), withEdges(x, around), {
      out: channels,
      kernel: 4,
      stride: 2,
      // A padded cell on each side adds two rows or columns to the result on that side; this padding removes them.
      padding: 1 + 2 * around,
      groups: depthwise ? channels : 1,
      weight: { kind: 'bilinear' },
      evenPhases,
    });
    x = activate(batchNorm(layer.child(1), x), 'relu');
  }
  return x;
}

function withEdges(x: Tensor, count: number): Tensor {
  return padEdges(x, [
    [0, 0],
    [0, 0],
    [count, count],
    [count, count],
  ]);
}

function refined(
  scope: Scope,
  { features: { fused } }: HeadOutput,
  channels: number,
  layers: number,
): Tensor {
  let x = fused.tensor;
  for (let i = 0; i < layers; i++) {
    const layer = scope.child('conv').child(i);
    x = convolutionNormActivation([layer.child(0), layer.child(1)], x, { out: channels, kernel: 3 }, 'relu');
  }
  return x;
}
