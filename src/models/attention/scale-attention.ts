import type { Tensor } from '../../graph/index.js';
import {
  activate,
  batchNorm,
  convolution,
  convolutionNormActivation,
  type Scope,
  transposedConvolution,
  zeros,
} from '../../nn/index.js';
import { padEdges, sigmoid } from '../../ops/index.js';
import type { HeadOutput } from '../heads/head.js';

export interface TransposedAttentionConfig {
  readonly name: 'transposed';
  /** Each channel is enlarged on its own, at a small part of the cost, or by dense transposed convolutions. */
  readonly depthwise: boolean;
  /**
   * What the kernels see beyond the edge of the map. Zeros, where left out, bend the attention into a frame all round the
   * image; repeated edges do not.
   */
  readonly edges?: 'zero' | 'replicate';
  /**
   * Whether the kernels that interleave in a transposed convolution are held to one sum. Learned apart, where left out,
   * they print a grid of the context's cells on the map (Odena et al. 2016, doi 10.23915/distill.00003).
   */
  readonly evenPhases?: boolean;
}

export interface PaperAttentionConfig {
  readonly name: 'paper';
  /** Channels of the two 3×3 convolutions; 256 in the paper. */
  readonly channels: number;
}

export type AttentionConfig = TransposedAttentionConfig | PaperAttentionConfig;

/**
 * The attention of one scale over the next higher one: [N, 1, h, w] in 0 … 1, after the sigmoid, at the head's own
 * size. It starts at one half everywhere: only the last layer is zero, because convolutions that are zero throughout
 * learn nothing.
 */
export function scaleAttention(scope: Scope, head: HeadOutput, config: AttentionConfig): Tensor {
  const features =
    config.name === 'transposed' ? enlarged(scope, head, config) : refined(scope, head, config);
  return sigmoid(convolution(scope.child('score'), features, { out: 1, bias: true, weight: zeros }));
}

/** The replication's: the ASPP's context, enlarged four times by transposed convolutions that start as bilinear. */
function enlarged(
  scope: Scope,
  { context }: HeadOutput,
  { depthwise, edges = 'zero', evenPhases = false }: TransposedAttentionConfig,
): Tensor {
  const channels = context.shape[1] as number;
  const around = edges === 'replicate' ? 1 : 0;
  let x = context;
  for (const i of [0, 1]) {
    const layer = scope.child('up').child(i);
    x = transposedConvolution(layer.child(0), withEdges(x, around), {
      out: channels,
      kernel: 4,
      stride: 2,
      // A cell around the map adds two rows and columns around the result, which are cut off again.
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

/** The paper's: two 3×3 convolutions on the fused features before the classifier (arXiv 2005.10821, section 3.1). */
function refined(scope: Scope, { fused }: HeadOutput, { channels }: PaperAttentionConfig): Tensor {
  let x = fused;
  for (const i of [0, 1]) {
    const layer = scope.child('conv').child(i);
    x = convolutionNormActivation([layer.child(0), layer.child(1)], x, { out: channels, kernel: 3 }, 'relu');
  }
  return x;
}
