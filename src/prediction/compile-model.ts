import { elementCount, float32, type OwnBytes } from '../base/arrays.js';
import { isVariable, type Program, reachable, substitute, type Tensor } from '../engine/graph/index.js';
import { compile, type FileNotes, lower } from '../engine/onnx/lower.js';
import { isBatchNormInference, isConv2d, isConvTranspose2d } from '../engine/ops/index.js';
import {
  foldBatchNorm,
  halve,
  joinAfterDepthwise,
  type QuantizePassOptions,
  quantize,
  resizeChannelsLast,
  simplify,
} from '../engine/passes/index.js';
import type { Session, SessionOptions } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import { fittingWeightType } from './eight-bits.js';

/** What of a model decides how its network is computed. */
export interface Computed extends Pick<Model, 'weights' | 'quantization'>, QuantizePassOptions {
  /** Default float32. With float16 nothing is computed in 8 bits. */
  readonly precision?: Precision;
  /** Whether ONNX Runtime's CPU in Node computes it, which convolves on blocks of channels. Default false. */
  readonly channelBlocks?: boolean;
}

/** The numbers in which the network is computed. */
export const precisions = ['float32', 'float16'] as const;
export type Precision = (typeof precisions)[number];

/**
 * The ONNX file that computes tensors of a model's network with its weights: every inference graph is made here. Layers that
 * the model quantises are computed with integers of 8 bits.
 */
export function compileModel(
  { weights, quantization, precision, channelBlocks, ...options }: Computed,
  outputs: Readonly<Record<string, Tensor>>,
  notes: FileNotes = {},
): OwnBytes {
  const program = { outputs, constants: weights };
  if (precision === 'float16') return compile(halve(simplify(program)), notes);
  if (quantization === undefined) {
    if (!channelBlocks) return compile(program, notes);
    const folded = foldBatchNorm(simplify(program), { evaluates: true });
    return lower(forBlocks(folded), notes);
  }
  return compile(quantize(simplify(program), quantization, options), notes);
}

/**
 * The graph that {@link compileModel} lowers for ONNX Runtime's CPU, from which its memory follows. Weights have no values in it,
 * and batch norms are gone, because they are folded into convolutions.
 */
export function computedGraph(outputs: Readonly<Record<string, Tensor>>): Tensor[] {
  const folded = substitute(outputs, (tensor) => (isBatchNormInference(tensor) ? withBias(tensor) : tensor));
  const constants = new Map(
    reachable(Object.values(folded))
      .filter(isVariable)
      .map(({ attributes: { name, shape } }) => [
        name,
        float32(new Float32Array(elementCount(shape as number[])), shape as number[]),
      ]),
  );
  return Object.values(forBlocks(simplify({ outputs: folded, constants })).outputs);
}

/** The convolution before a batch norm, with a bias as the folded one has it; of other tensors, what the batch norm reads. */
function withBias(norm: Tensor): Tensor {
  const [convolution, , shift] = norm.inputs as [Tensor, Tensor, Tensor];
  if (!isConv2d(convolution) && !isConvTranspose2d(convolution)) return convolution;
  return { ...convolution, inputs: [...convolution.inputs.slice(0, 2), shift], order: norm.order };
}

/** A simplified program as ONNX Runtime's CPU computes it fastest: see {@link Computed.channelBlocks}. */
function forBlocks(program: Required<Program>): Required<Program> {
  return resizeChannelsLast(joinAfterDepthwise(program));
}

/**
 * The model as a device computes it. GPUs have no kernels for integers of 8 bits in ONNX Runtime's form; they compute a
 * quantised model with its weights in float32.
 *
 * @throws HmsaError as {@link fittingWeightType} does
 */
export async function computedOn(
  { weights, quantization, precision }: Computed,
  open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
  options: SessionOptions,
): Promise<Computed> {
  const isGpu = options.device === 'webgpu' || options.device === 'cuda';
  if (quantization === undefined || isGpu) {
    const channelBlocks = (options.device ?? 'cpu') === 'cpu';
    return { weights, ...(channelBlocks && { channelBlocks }), ...(precision && { precision }) };
  }
  return { weights, quantization, weightType: await fittingWeightType(open, options) };
}
