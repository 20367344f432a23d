import { checkArgument } from '../errors/index.js';
/**
 * Bytes that own their memory: `Uint8Array<ArrayBuffer>`. Written this way, TypeScript below 5.7, whose typed arrays have no
 * type parameter, can read it too. {@link OwnFloats} and {@link OwnHalves} are the same for their types.
 */
export type OwnBytes = ReturnType<Uint8Array['slice']>;
export type OwnFloats = ReturnType<Float32Array['slice']>;
export type OwnHalves = ReturnType<Uint16Array['slice']>;

/** Element types that cross a boundary of the system: into a graph, out of a session, into a weight file. */
export type DType = 'float32' | 'float16' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool';

/** The typed array that holds the elements of each type. float16 is held as its raw 16 bits, bool as 0 and 1. */
export interface DataOf {
  float32: Float32Array;
  float16: Uint16Array;
  uint8: Uint8Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  bool: Uint8Array;
}

/** A dense array in row-major order. `data.length` is the product of `shape`; a scalar has shape `[]`. */
export type NdArray<D extends DType = DType> = {
  [K in D]: { readonly dtype: K; readonly shape: readonly number[]; readonly data: DataOf[K] };
}[D];

/** The constructors of {@link DataOf}. */
export const arrayTypes: {
  readonly [D in DType]: { new (source: ArrayBuffer | DataOf[D]): DataOf[D]; readonly name: string };
} = {
  float32: Float32Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
};

/** Bytes per element of each type. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  float16: 2,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
};

/** The number of elements of a shape; 1 for a scalar's `[]`. */
export function elementCount(shape: readonly number[]): number {
  checkArgument(Array.isArray(shape), 'elementCount', 'a shape, a list of numbers', shape);
  return shape.reduce((product, side) => product * side, 1);
}

/** A float32 array of the given shape. @throws HmsaError when the number of elements is not that of the shape */
export function float32(data: Float32Array, shape: readonly number[]): NdArray<'float32'> {
  checkFill('float32', data instanceof Float32Array, data, shape);
  return { dtype: 'float32', shape, data };
}

/** A uint8 array of the given shape. @throws HmsaError when the number of elements is not that of the shape */
export function uint8(data: Uint8Array, shape: readonly number[]): NdArray<'uint8'> {
  checkFill('uint8', data instanceof Uint8Array, data, shape);
  return { dtype: 'uint8', shape, data };
}

function checkFill(dtype: DType, isArray: boolean, data: ArrayLike<number>, shape: readonly number[]): void {
  checkArgument(isArray, dtype, `a ${dtype === 'float32' ? 'Float32Array' : 'Uint8Array'}`, data);
  const isShape = Array.isArray(shape) && shape.every((side) => Number.isSafeInteger(side) && side >= 0);
  checkArgument(isShape, dtype, 'a shape of whole numbers', shape);
  const count = elementCount(shape);
  checkArgument(
    data.length === count,
    dtype,
    `${count} elements for the shape [${shape.join(', ')}]`,
    data.length,
  );
}
