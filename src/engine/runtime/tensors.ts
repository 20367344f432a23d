import { arrayTypes, type DType, type NdArray } from '../../base/arrays.js';
import type { OrtModule, OrtTensor } from './ort.js';

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
function ownsItsBuffer({ data }: NdArray): boolean {
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
function isOnDevice({ location = 'cpu' }: OrtTensor): boolean {
  return location !== 'cpu' && location !== 'cpu-pinned';
}

/** The array over a tensor's own memory, which is brought from the device to the CPU first where it is there. */
export async function readTensor(tensor: OrtTensor): Promise<NdArray> {
  if (isOnDevice(tensor)) await tensor.getData?.(true);
  return fromTensor(tensor);
}

/** The array over the memory of a tensor on the CPU. */
function fromTensor(tensor: OrtTensor): NdArray {
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

/**
 * Frees the memory of arrays that are no longer needed at once, without waiting for the garbage collector.
 *
 * onnxruntime-node (1.30) copies every output into a new array, even if it is preallocated, so each training step leaves the
 * whole previous state behind. The garbage collector lets several of them accumulate: with 72 MB of state there were 288 MB of
 * arrays without this function and 72 MB with it, at the same speed. The arrays are empty afterwards; views of part of a
 * buffer are not touched.
 */
export function discard(arrays: Iterable<NdArray>): void {
  for (const array of arrays) {
    if (array.data.byteLength === 0 || !ownsItsBuffer(array)) continue;
    const buffer = array.data.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
    try {
      if (buffer.transfer) buffer.transfer(0);
      else sink().postMessage(undefined, [buffer]);
    } catch {
      // Memory that cannot be detached, such as that of WebAssembly, is left to its owner.
    }
  }
}

/** Frees the memory of tensors that are no longer needed, on the device or, with {@link discard}, on the CPU. */
export function freeTensors(tensors: Iterable<OrtTensor>): void {
  const onCpu: NdArray[] = [];
  for (const tensor of tensors) {
    // What is on the device cannot be read.
    if (isOnDevice(tensor)) tensor.dispose?.();
    else onCpu.push(fromTensor(tensor));
  }
  discard(onCpu);
}

let port: MessagePort | undefined;

/** A port without a receiver. Transferring a buffer to it frees the buffer, for engines without ArrayBuffer.transfer. */
function sink(): MessagePort {
  if (port === undefined) {
    const channel = new MessageChannel();
    channel.port2.close();
    port = channel.port1;
  }
  return port;
}
