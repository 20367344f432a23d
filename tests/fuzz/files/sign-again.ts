import { arrayTypes, type DType, type NdArray } from '../../../src/base/arrays.js';
import { CHECKSUM_KEY, checksum } from '../../../src/model/weights/checksum.js';

const dtypes: Readonly<Record<string, DType>> = { F32: 'float32', F16: 'float16' };

/**
 * A damaged `.safetensors` file with the checksum of what it holds now, so that it reaches the checks behind the checksum. A file
 * whose arrays cannot be told stays as it is.
 */
export function signedAgain(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file);
  try {
    const end = 8 + Number(bytes.readBigUInt64LE());
    const { __metadata__: metadata, ...entries } = JSON.parse(bytes.toString('utf8', 8, end));
    const data = bytes.subarray(end);
    const tensors = new Map<string, NdArray>();
    for (const [name, entry] of Object.entries<{ dtype: string; shape: number[]; data_offsets: number[] }>(
      entries,
    )) {
      const dtype = dtypes[entry.dtype]!;
      const [from, to] = entry.data_offsets as [number, number];
      const own = new Uint8Array(data.subarray(from, to)).buffer;
      const array = { dtype, shape: entry.shape, data: new arrayTypes[dtype](own) };
      tensors.set(name, array as NdArray);
    }
    metadata[CHECKSUM_KEY] = checksum(tensors, new Map(Object.entries(metadata)));
    const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...entries }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return new Uint8Array(Buffer.concat([length, header, data]));
  } catch {
    return file;
  }
}
