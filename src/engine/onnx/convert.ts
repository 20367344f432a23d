import type { DType, NdArray } from '../../base/arrays/index.js';

interface ExactConstant {
  readonly data: Float64Array;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Rounds a constant of the graph, held in float64, to its own type. */
export function convert({ data, shape, dtype }: ExactConstant): NdArray {
  switch (dtype) {
    case 'float32':
      return { dtype, shape, data: Float32Array.from(data) };
    case 'uint8':
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(data) };
    case 'int32':
      return { dtype, shape, data: Int32Array.from(data) };
    case 'int64':
      return { dtype, shape, data: BigInt64Array.from(data, BigInt) };
    case 'float16':
      throw new Error('A constant of the graph is never float16: lower it as float32.');
  }
}
