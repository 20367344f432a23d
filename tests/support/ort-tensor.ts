import * as ort from 'onnxruntime-node';
import type { DType } from '../../src/base/arrays.js';
import type { Value } from '../../src/engine/graph/index.js';

/** A value of the interpreter as ONNX Runtime takes it, in the type that its tensor has. */
export function ortTensor(dtype: DType, { shape, data }: Value): ort.Tensor {
  switch (dtype) {
    case 'float32':
      return new ort.Tensor('float32', Float32Array.from(data), shape);
    case 'uint8':
      return new ort.Tensor('uint8', Uint8Array.from(data), shape);
    case 'int8':
      return new ort.Tensor('int8', Int8Array.from(data), shape);
    case 'bool':
      return new ort.Tensor('bool', Uint8Array.from(data), shape);
    case 'int32':
      return new ort.Tensor('int32', Int32Array.from(data), shape);
    case 'int64':
      return new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape);
    case 'float16':
      throw new Error('The interpreter is compared in float32.');
  }
}
