import { printable } from '../../base/errors/index.js';
import { CHECKSUM_KEY, readSafetensors, safetensorsLayout } from '../weights/index.js';
import { bytesOf, rowMajor, storedTensor } from './stored-tensor.js';
import type { WeightFile } from './weight-file.js';

const types: Readonly<Record<string, string>> = {
  F32: 'float32',
  F64: 'float64',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  U16: 'uint16',
  U32: 'uint32',
  U64: 'uint64',
  BOOL: 'bool',
  C64: 'complex64',
  F8_E4M3: 'float8_e4m3fn',
  F8_E5M2: 'float8_e5m2',
};

/** A file of safetensors, of more types than hmsa writes. Bytes that belong to no array are ignored. */
export function readSafetensorsFile(bytes: Uint8Array, source: string): WeightFile {
  const never = (): never => {
    throw new Error('a type without its bytes');
  };
  const typeBytes = new Map(Object.entries(types).map(([name, type]) => [name, bytesOf(type, never)]));
  const { entries, metadata, data } = safetensorsLayout(bytes, source, typeBytes, { gaps: true });
  // Of our own files, which hold the types that readSafetensors reads.
  if (metadata.delete(CHECKSUM_KEY)) readSafetensors(bytes, source, { gaps: true });
  const tensors = new Map(
    entries.map(({ name, type, shape, begin, end }) => {
      const layout = { type: types[type]!, shape, strides: rowMajor(shape), offset: 0, bigEndian: false };
      const where = `${source}, ${printable(name, 100)}`;
      return [name, storedTensor(data.subarray(begin, end), layout, where)];
    }),
  );
  return { format: 'safetensors', tensors, metadata, notes: [] };
}
