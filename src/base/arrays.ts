import { checkArgument } from './errors/index.js';

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

/** The smallest and largest number of each integer type. 2⁶³ − 1024 is the largest float64 number below 2⁶³. */
const ranges = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63 - 1024],
  bool: [0, 1],
} as const;

/** Whether a type can hold a number. Integer types hold it exactly; float types may round it, but not to infinity. */
export function canHold(dtype: DType, value: number): boolean {
  // Float types hold NaN and the infinities themselves, but no finite number that rounds to infinity.
  if (dtype === 'float32') return !Number.isFinite(value) || Number.isFinite(Math.fround(value));
  if (dtype === 'float16') return !Number.isFinite(value) || Math.abs(value) < 65_520;
  const [least, largest] = ranges[dtype];
  return Number.isInteger(value) && value >= least && value <= largest;
}

/** The nearest whole number, and the even one of two that are equally near, as ONNX has it. */
export function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return part < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
