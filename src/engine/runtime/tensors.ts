import { arrayTypes, type DType, type NdArray } from '../../base/arrays/index.js';
import type { OrtModule, OrtTensor } from './ort-types.js';

/** The element types that cross the session's boundary. */
export function isDType(type: string): type is DType {
  return Object.hasOwn(arrayTypes, type);
}

/** A copy that owns its whole buffer. `slice` does not guarantee that: for a Node Buffer it returns a view. */
export function copyArray(array: NdArray): NdArray {
  const ArrayType = arrayTypes[array.dtype] as new (source: NdArray['data']) => NdArray['data'];
  return { dtype: array.dtype, shape: [...array.shape], data: new ArrayType(array.data) } as NdArray;
}

/** Whether the array covers its whole buffer, so that a transfer of the buffer transfers nothing else. */
export function ownsItsBuffer({ data }: NdArray): boolean {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength;
}

/**
 * The arrays as ones that may be kept: those that own their buffer as they are, the rest (views, shared memory,
 * a buffer that is there twice) as copies.
 */
export function takeOver(values: Readonly<Record<string, NdArray>>): Record<string, NdArray> {
  const taken = new Set<ArrayBufferLike>();
  return mapValues(values, (array) => {
    if (!ownsItsBuffer(array) || taken.has(array.data.buffer)) return copyArray(array);
    taken.add(array.data.buffer);
    return array;
  });
}

export function mapValues<A, B>(
  values: Readonly<Record<string, A>>,
  map: (value: A) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

/** A tensor over the array's own memory; a copy only of shared memory, which onnxruntime-node refuses. */
export function toTensor(ort: OrtModule, array: NdArray): OrtTensor {
  const { dtype, shape, data } = isShared(array) ? copyArray(array) : array;
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}

/** Whether a tensor's elements are where JavaScript cannot read them. */
export function isOnDevice({ location = 'cpu' }: OrtTensor): boolean {
  return location !== 'cpu' && location !== 'cpu-pinned';
}

/** The array over a tensor's own memory, which is brought from the device to the CPU first where it is there. */
export async function readTensor(tensor: OrtTensor): Promise<NdArray> {
  if (isOnDevice(tensor)) await tensor.getData?.(true);
  return fromTensor(tensor);
}

/** The array over the memory of a tensor on the CPU. */
export function fromTensor(tensor: OrtTensor): NdArray {
  const { type, dims } = tensor;
  let data = tensor.data as NdArray['data'];
  // Newer engines have a Float16Array, and ONNX Runtime takes it; ours is the raw bits everywhere.
  if (type === 'float16' && !(data instanceof Uint16Array)) {
    const { buffer, byteOffset, length } = data as ArrayBufferView<ArrayBuffer> & { length: number };
    data = new Uint16Array(buffer, byteOffset, length);
  }
  return { dtype: type, shape: dims, data } as NdArray;
}

function isShared({ data }: NdArray): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && data.buffer instanceof SharedArrayBuffer;
}
