import type { NdArray } from '../../base/arrays/index.js';
import type { OrtTensor } from './ort-types.js';
import { fromTensor, isOnDevice, ownsItsBuffer } from './tensors.js';

/**
 * Frees the memory of arrays that nobody needs any more, now instead of at a garbage collection to come.
 *
 * onnxruntime-node (1.30) copies every output into a new array, a preallocated one included, so each training
 * step leaves the whole former state behind. The collector lets several pile up: with 72 MB of state, 288 MB of
 * arrays without this and 72 MB with it, at the same speed. The arrays are empty afterwards; views of part of
 * a buffer are left alone.
 */
export function discard(arrays: Iterable<NdArray>): void {
  for (const array of arrays) {
    if (array.data.byteLength === 0 || !ownsItsBuffer(array)) continue;
    const buffer = array.data.buffer as ArrayBuffer & { transfer?(length: number): ArrayBuffer };
    try {
      if (buffer.transfer) buffer.transfer(0);
      else sink().postMessage(undefined, [buffer]);
    } catch {
      // Memory that cannot be detached, WebAssembly's for one, is left to its owner.
    }
  }
}

/** Frees the memory of tensors that nobody needs any more, on the device or on the CPU as {@link discard} does. */
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

/** A port that leads nowhere: what is transferred to it is freed. For engines without ArrayBuffer.transfer. */
function sink(): MessagePort {
  if (port === undefined) {
    const channel = new MessageChannel();
    channel.port2.close();
    port = channel.port1;
  }
  return port;
}
