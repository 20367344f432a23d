import * as ort from 'onnxruntime-node';
import type { NdArray } from '../../src/base/arrays.js';
import type { Program, Tensor } from '../../src/engine/graph/index.js';
import { lower } from '../../src/engine/onnx/lower.js';

type Results = Record<
  string,
  { readonly shape: readonly number[]; readonly data: ArrayLike<number | bigint> }
>;

/** Lowers tensors and runs them once in ONNX Runtime's CPU, in this thread. */
export function runOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, NdArray>>,
  options: Omit<Program, 'outputs'> = {},
): Promise<Results> {
  return runFile(lower({ outputs, ...options }), feeds);
}

/** Runs an ONNX file once. */
export async function runFile(file: Uint8Array, feeds: Readonly<Record<string, NdArray>>): Promise<Results> {
  const [results] = await runFileOn(file, [feeds]);
  return results!;
}

/** Opens an ONNX file once and runs it on each set of inputs in turn. */
export async function runFileOn(
  file: Uint8Array,
  sets: readonly Readonly<Record<string, NdArray>>[],
): Promise<readonly Results[]> {
  // More threads would be started for each file, and spin beside the other worker for the one small run.
  const session = await ort.InferenceSession.create(file, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  try {
    const all: Results[] = [];
    for (const feeds of sets) {
      const tensors = Object.entries(feeds)
        .filter(([name]) => session.inputNames.includes(name))
        .map(([name, { dtype, data, shape }]) => [name, new ort.Tensor(dtype, data as Float32Array, shape)]);
      const results = await session.run(Object.fromEntries(tensors) as Record<string, ort.Tensor>);
      all.push(
        Object.fromEntries(
          Object.entries(results).map(([name, tensor]) => [
            name,
            { shape: tensor.dims, data: tensor.data as ArrayLike<number | bigint> },
          ]),
        ),
      );
    }
    return all;
  } finally {
    await session.release();
  }
}
