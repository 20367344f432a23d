import type { DType, NdArray } from '../../base/arrays.js';
import { HmsaError, printable } from '../../base/errors/index.js';
import { fromFloat16 } from '../weights/index.js';
import type { Refuse, StoredTensor } from './weight-file.js';

/** How a type is stored, and the type that its elements are decoded to. */
interface StoredType {
  readonly bytes: number;
  readonly dtype?: DType;
  /** Decodes little-endian bytes; missing for types that are not supported. */
  readonly decode?: (buffer: ArrayBuffer, where: string) => NdArray['data'];
}

const types: Readonly<Record<string, StoredType>> = {
  float32: { bytes: 4, dtype: 'float32', decode: (buffer) => new Float32Array(buffer) },
  float64: { bytes: 8, dtype: 'float32', decode: fromFloat64 },
  float16: { bytes: 2, dtype: 'float32', decode: (buffer) => fromFloat16(new Uint16Array(buffer)) },
  bfloat16: { bytes: 2, dtype: 'float32', decode: fromBfloat16 },
  int64: { bytes: 8, dtype: 'int64', decode: (buffer) => new BigInt64Array(buffer) },
  uint32: {
    bytes: 4,
    dtype: 'int64',
    decode: (buffer) => BigInt64Array.from(Array.from(new Uint32Array(buffer), BigInt)),
  },
  int32: { bytes: 4, dtype: 'int32', decode: (buffer) => new Int32Array(buffer) },
  int16: { bytes: 2, dtype: 'int32', decode: (buffer) => Int32Array.from(new Int16Array(buffer)) },
  uint16: { bytes: 2, dtype: 'int32', decode: (buffer) => Int32Array.from(new Uint16Array(buffer)) },
  int8: { bytes: 1, dtype: 'int8', decode: (buffer) => new Int8Array(buffer) },
  uint8: { bytes: 1, dtype: 'uint8', decode: (buffer) => new Uint8Array(buffer) },
  bool: {
    bytes: 1,
    dtype: 'bool',
    decode: (buffer) => new Uint8Array(buffer).map((byte) => (byte === 0 ? 0 : 1)),
  },
  uint64: { bytes: 8 },
  complex32: { bytes: 4 },
  complex64: { bytes: 8 },
  complex128: { bytes: 16 },
  float8_e4m3fn: { bytes: 1 },
  float8_e5m2: { bytes: 1 },
  float8_e4m3fnuz: { bytes: 1 },
  float8_e5m2fnuz: { bytes: 1 },
  float8_e8m0fnu: { bytes: 1 },
  qint8: { bytes: 1 },
  quint8: { bytes: 1 },
  qint32: { bytes: 4 },
  quint4x2: { bytes: 1 },
  quint2x4: { bytes: 1 },
};

/** Rounded to float32. @throws HmsaError for a finite number that is none there */
function fromFloat64(buffer: ArrayBuffer, where: string): Float32Array {
  const doubles = new Float64Array(buffer);
  const rounded = Float32Array.from(doubles);
  const beyond = rounded.findIndex((value, i) => !Number.isFinite(value) && Number.isFinite(doubles[i]!));
  if (beyond < 0) return rounded;
  throw new HmsaError({
    operation: where,
    expected: 'numbers in the range of float32, up to 3.4e38',
    received: `${doubles[beyond]} at index ${beyond}`,
    remedy: 'Get the file again; such a number is no weight.',
  });
}

/** float32 without its lower 16 bits. */
function fromBfloat16(buffer: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}

/** Bytes of an element. @throws by `refuse` where the type is unknown */
export function bytesOf(type: string, refuse: Refuse): number {
  if (!Object.hasOwn(types, type)) return refuse('tensors of known types', printable(type, 60));
  return types[type]!.bytes;
}

/** Where the elements of a tensor are. Strides and offset count elements. */
export interface Layout {
  readonly type: string;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly bigEndian: boolean;
}

/**
 * Whether all elements of a layout lie among `count` elements. Sizes and strides are whole numbers from 0 to 2⁵³. Their sums
 * may be inexact, but then they are larger than every count.
 */
export function isInside(
  { shape, strides, offset }: Omit<Layout, 'type' | 'bigEndian'>,
  count: number,
): boolean {
  // PyTorch itself places empty views behind the end of their storage.
  if (shape.includes(0)) return true;
  return shape.reduce((last, side, i) => last + (side - 1) * strides[i]!, offset) < count;
}

/** Strides of a row-major array. */
export function rowMajor(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= Math.max(1, shape[i]!);
  }
  return strides;
}

/** A tensor of checked bytes that its layout lies in. @param where what errors call file and tensor */
export function storedTensor(bytes: Uint8Array, layout: Layout, where: string): StoredTensor {
  const { type, shape } = layout;
  const { dtype, decode } = types[type]!;
  if (dtype === undefined || decode === undefined) return unreadTensor(type, shape, where);
  return {
    shape,
    storedAs: type,
    read: () => ({ dtype, shape, data: decode(gathered(bytes, layout), where) }) as NdArray,
  };
}

/** A tensor of a kind that is not read: an error only for those who want it. */
export function unreadTensor(kind: string, shape: readonly number[], where: string): StoredTensor {
  const read = () => {
    throw new HmsaError({
      operation: where,
      expected: 'numbers that are stored as they are',
      received: `a tensor that is ${kind}`,
      remedy: 'In Python, save it as a plain tensor of float32.',
    });
  };
  return { shape, storedAs: kind, read };
}

/** The elements, row-major and little-endian, in memory of their own. */
function gathered(bytes: Uint8Array, { type, shape, strides, offset, bigEndian }: Layout): ArrayBuffer {
  const size = types[type]!.bytes;
  const count = shape.reduce((product, side) => product * side, 1);
  const isDense = count === 0 || rowMajor(shape).every((step, i) => shape[i] === 1 || step === strides[i]);
  const result = new Uint8Array(count * size);
  if (isDense) result.set(bytes.subarray(offset * size, (offset + count) * size));
  else if (count > 0) gather(bytes, result, size, shape, strides, offset);
  if (bigEndian && size > 1) swap(result, size);
  return result.buffer;
}

const words = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;

function gather(
  bytes: Uint8Array,
  result: Uint8Array<ArrayBuffer>,
  size: number,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): void {
  const last = shape.reduce((at, side, i) => at + (side - 1) * strides[i]!, 0);
  const Words = words[size as keyof typeof words];
  // A copy, because words have to be aligned.
  const from = new Words(new Uint8Array(bytes.subarray(offset * size, (offset + last + 1) * size)).buffer);
  const to = new Words(result.buffer);
  const index = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = from[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
