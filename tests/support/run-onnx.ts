import * as ort from 'onnxruntime-node';
import type { NdArray } from '../../src/arrays/index.js';
import type { Tensor } from '../../src/graph/index.js';
import { type LowerOptions, lower } from '../../src/onnx/index.js';

/** Lowers tensors and runs them once in ONNX Runtime's CPU, in this thread. */
export async function runOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, NdArray>>,
  options: Omit<LowerOptions, 'outputs'> = {},
): Promise<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number | bigint> }>> {
  const session = await ort.InferenceSession.create(lower({ outputs, ...options }), { logSeverityLevel: 3 });
  try {
    const tensors = Object.entries(feeds)
      .filter(([name]) => session.inputNames.includes(name))
      .map(([name, { dtype, data, shape }]) => [name, new ort.Tensor(dtype, data as Float32Array, shape)]);
    const results = await session.run(Object.fromEntries(tensors) as Record<string, ort.Tensor>);
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { shape: tensor.dims, data: tensor.data as ArrayLike<number | bigint> },
      ]),
    );
  } finally {
    await session.release();
  }
}
