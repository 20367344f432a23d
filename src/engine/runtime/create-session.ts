import { checkArgument, HmsaError, isObject, shown } from '../../base/errors/index.js';
import { discard } from './discard.js';
import { ortFailure } from './ort-failure.js';
import { checkOptions, ortOptions, siblingOptions } from './ort-options.js';
import { OrtSession, type OrtSessionParts } from './ort-session.js';
import type { OrtInferenceSession, OrtModule } from './ort-types.js';
import type { Device, Session, SessionOptions, TransferOption } from './session.js';
import { readSignature } from './signature.js';
import { StateStore } from './state-store.js';

/**
 * Loads a graph into the given onnxruntime module, in the thread of the caller: in a browser that of `onnxruntime-web`.
 * What comes back keeps the contract of {@link Session}, as a session of `openSession` of `hmsa/node` does.
 *
 * @param ort what `import * as ort from 'onnxruntime-web'` gives, or `onnxruntime-node`
 * @param model the bytes of an ONNX file; they may be changed or freed once the promise settles
 * @param options without a device the graph runs on the CPU: `wasm` of onnxruntime-web, `cpu` of onnxruntime-node. Threads
 *   of `wasm` are those of the first session of the page or thread. `transfer` frees the model's bytes once it is loaded
 * @throws HmsaError when an option is out of range, the device is missing, the model cannot be loaded, or the
 *   state names tensors that the graph lacks
 */
export async function createSession(
  ort: OrtModule,
  model: Uint8Array,
  options: SessionOptions & TransferOption = {},
): Promise<Session> {
  const isRuntime = isObject(ort) && typeof ort.InferenceSession?.create === 'function';
  checkArgument(isRuntime, 'createSession', 'the module onnxruntime-web or onnxruntime-node', ort);
  checkOptions(options);
  const device = deviceOf(ort, options.device);
  if (device === 'wasm' && options.threads !== undefined && ort.env?.wasm !== undefined)
    ort.env.wasm.numThreads = options.threads;
  return open(ort, model, { ...options, device }, new StateStore());
}

/** What each package computes on; its CPU is first. */
const packages = {
  web: { name: 'onnxruntime-web', devices: ['wasm', 'webgpu'] },
  native: { name: 'onnxruntime-node', devices: ['cpu', 'webgpu', 'cuda'] },
} as const;

/** The device asked for, or the CPU. @throws HmsaError when the module does not have it */
function deviceOf({ env }: OrtModule, asked: Device | undefined): Device {
  const { web, node } = env?.versions ?? {};
  if (web === undefined && node === undefined) return asked ?? 'cpu';
  const { name, devices } = packages[web === undefined ? 'native' : 'web'];
  if (asked === undefined) return devices[0];
  if ((devices as readonly Device[]).includes(asked)) return asked;
  throw new HmsaError({
    operation: 'device',
    expected: `one that ${name} has: ${devices.join(', ')}`,
    received: shown(asked),
  });
}

async function open(
  ort: OrtModule,
  model: Uint8Array,
  { transfer = false, ...options }: SessionOptions & TransferOption & { readonly device: Device },
  store: StateStore,
): Promise<Session> {
  checkOptions(options);
  const { device } = options;
  const { inference, partlyOnCpu } = await load(ort, model, options, device);
  try {
    const info = { device, partlyOnCpu, ...readSignature(inference, options) };
    const finish = options.profile === undefined ? undefined : () => inference.endProfiling();
    const sibling: OrtSessionParts['sibling'] = async (other, own) =>
      open(ort, other, { ...siblingOptions(options, own), device }, store);
    store.join(info.state);
    if (transfer) discard([{ dtype: 'uint8', shape: [model.length], data: model }]);
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
