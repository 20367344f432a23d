import { create } from '@bufbuild/protobuf';
import { type TensorProto, TensorProto_DataType, TensorProtoSchema } from 'onnx-buf';
import type { DType, NdArray } from '../../base/arrays/index.js';

/** The number by which ONNX identifies each element type. */
export const onnxDataType: Readonly<Record<DType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  float16: TensorProto_DataType.FLOAT16,
  uint8: TensorProto_DataType.UINT8,
  int8: TensorProto_DataType.INT8,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  bool: TensorProto_DataType.BOOL,
};

/** An array as an initialiser. Raw data are little-endian, like typed arrays on every platform that runs ONNX Runtime. */
export function tensorProto(name: string, { dtype, shape, data }: NdArray): TensorProto {
  const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: onnxDataType[dtype],
    rawData: bytes,
  });
}

/** A float64 number as an initialiser of one element. Only computations of sizes use it; no tensor of hmsa is float64. */
export function doubleProto(name: string, value: number): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [1n],
    dataType: TensorProto_DataType.DOUBLE,
    doubleData: [value],
  });
}
