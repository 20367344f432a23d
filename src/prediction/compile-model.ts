import type { OwnBytes } from '../base/arrays.js';
import type { Tensor } from '../engine/graph/index.js';
import { compile, type FileNotes } from '../engine/onnx/lower.js';
import { type QuantizePassOptions, quantize, simplify } from '../engine/passes/index.js';
import type { Session, SessionOptions } from '../engine/runtime/index.js';
import type { Model } from '../model/file/index.js';
import { fittingWeightType } from './eight-bits.js';

/** What of a model decides how its network is computed. */
export type Computed = Pick<Model, 'weights' | 'quantization'> & QuantizePassOptions;

/**
 * The ONNX file that computes tensors of a model's network with its weights: every inference graph is made here. Layers that
 * the model quantises are computed with integers of 8 bits.
 */
export function compileModel(
  { weights, quantization, ...options }: Computed,
  outputs: Readonly<Record<string, Tensor>>,
  notes: FileNotes = {},
): OwnBytes {
  const program = { outputs, constants: weights };
  if (quantization === undefined) return compile(program, notes);
  return compile(quantize(simplify(program), quantization, options), notes);
}

/**
 * The model as a device computes it. GPUs have no kernels for integers of 8 bits in ONNX Runtime's form; they compute a
 * quantised model with its weights in float32.
 *
 * @throws HmsaError as {@link fittingWeightType} does
 */
export async function computedOn(
  { weights, quantization }: Computed,
  open: (graph: Uint8Array, options: SessionOptions) => Promise<Session>,
  options: SessionOptions,
): Promise<Computed> {
  const isGpu = options.device === 'webgpu' || options.device === 'cuda';
  if (quantization === undefined || isGpu) return { weights };
  return { weights, quantization, weightType: await fittingWeightType(open, options) };
}
