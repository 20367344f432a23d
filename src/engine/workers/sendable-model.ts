import { HmsaError } from '../../base/errors/index.js';

/**
 * A model's bytes in a form that goes to another thread and takes nothing else along: a copy, unless they are in
 * shared memory, or are all of a buffer that may be transferred.
 *
 * @throws HmsaError when there are none
 */
export function sendableModel(model: Uint8Array, transfer: boolean): Uint8Array {
  if (!(model instanceof Uint8Array) || model.byteLength === 0) {
    const received = model instanceof Uint8Array ? 'none' : typeof model;
    throw new HmsaError({ operation: 'model', expected: 'the bytes of an ONNX file', received });
  }
  const { buffer, byteLength } = model;
  // Shared memory; its class is missing from pages that may not use it.
  if (!(buffer instanceof ArrayBuffer)) return model;
  return transfer && byteLength === buffer.byteLength ? model : new Uint8Array(model);
}

/** The list of what is transferred when such a model is sent. */
export function transferOf({ buffer }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
