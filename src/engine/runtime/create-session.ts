import { HmsaError } from '../../base/errors/index.js';
import { ortFailure } from './ort-failure.js';
import { checkOptions, ortOptions, siblingOptions } from './ort-options.js';
import { OrtSession, type OrtSessionParts } from './ort-session.js';
import type { OrtInferenceSession, OrtModule } from './ort-types.js';
import type { Device, Session, SessionOptions } from './session.js';
import { readSignature } from './signature.js';
import { StateStore } from './state-store.js';

/**
 * Loads a graph into the given onnxruntime module, in the thread of the caller.
 *
 * @param model the bytes of an ONNX file; they may be changed or freed once the promise settles
 * @throws HmsaError when an option is out of range, the device is missing, the model cannot be loaded, or the
 *   state names tensors that the graph lacks
 */
export async function createSession(
  ort: OrtModule,
  model: Uint8Array,
  options: SessionOptions = {},
): Promise<Session> {
  return open(ort, model, options, new StateStore());
}

async function open(
  ort: OrtModule,
  model: Uint8Array,
  options: SessionOptions,
  store: StateStore,
): Promise<Session> {
  checkOptions(options);
  const device = options.device ?? 'cpu';
  const { inference, partlyOnCpu } = await load(ort, model, options, device);
  try {
    const info = { device, partlyOnCpu, ...readSignature(inference, options) };
    const finish = options.profile === undefined ? undefined : () => inference.endProfiling();
    const sibling: OrtSessionParts['sibling'] = async (other, own) =>
      open(ort, other, siblingOptions(options, own), store);
    store.join(info.state);
    return new OrtSession({ ort, inference, info, store, sibling, finish });
  } catch (error) {
    await inference.release();
    throw error;
  }
}

/**
 * On a GPU, ONNX Runtime silently runs nodes without a kernel on the CPU. So first ask for a session that must not do that. If
 * it is refused, open one that may, and report it as partly on the CPU.
 */
async function load(
  ort: OrtModule,
  model: Uint8Array,
  options: SessionOptions,
  device: Device,
): Promise<{ inference: OrtInferenceSession; partlyOnCpu: boolean }> {
  if (!ArrayBuffer.isView(model) || model.byteLength === 0) {
    const received = ArrayBuffer.isView(model) ? 'none' : typeof model;
    throw new HmsaError({ operation: 'model', expected: 'the bytes of an ONNX file', received });
  }
  const bytes = model.buffer instanceof ArrayBuffer ? model : new Uint8Array(model);
  const gpu = device === 'webgpu' || device === 'cuda';
  for (const whole of gpu ? [true, false] : [false]) {
    try {
      const inference = await ort.InferenceSession.create(bytes, ortOptions(options, device, whole));
      return { inference, partlyOnCpu: gpu && !whole };
    } catch (error) {
      const mixed = whole && error instanceof Error && /fallback to CPU EP/.test(error.message);
      if (mixed) continue;
      throw gpu
        ? ortFailure(`device ${device}`, 'a session on it', device, error)
        : ortFailure('model', 'a graph that ONNX Runtime can open', device, error);
    }
  }
  throw new Error('unreachable: the last attempt returns or throws');
}
