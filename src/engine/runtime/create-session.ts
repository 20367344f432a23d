import type { NdArray } from '../../base/arrays.js';
import { checkArgument, HmsaError, isObject, shown } from '../../base/errors/index.js';
import {
  checkOptions,
  type OrtInferenceSession,
  type OrtModule,
  type OrtTensor,
  ortFailure,
  ortOptions,
  siblingOptions,
} from './ort.js';
import { QueuedSession } from './queued-session.js';
import type {
  Device,
  NamedArrays,
  Session,
  SessionInfo,
  SessionOptions,
  SiblingOptions,
  TransferOption,
} from './session.js';
import { readSignature, type Signature } from './signature.js';
import { StateStore } from './state-store.js';
import { copyArray, discard, freeTensors, mapValues, readTensor, toTensor } from './tensors.js';

/**
 * Loads a graph into the given onnxruntime module, in the thread of the caller: in a browser that of `onnxruntime-web`.
 * What comes back keeps the contract of {@link Session}, as a session of `openSession` of `hmsa/node` does.
 *
 * @param ort what `import * as ort from 'onnxruntime-web'` gives, or `onnxruntime-node`
 * @param model the bytes of an ONNX file; they may be changed or freed once the promise settles
 * @param options without a device the graph runs on the CPU: `wasm` of onnxruntime-web, `cpu` of onnxruntime-node. Threads
 *   of `wasm` are those of the first session of the page or thread. `transfer` frees the model's bytes once it is loaded
 * @throws HmsaError when an option is out of range, the device is missing or cannot keep the state, the model cannot be loaded, or
 *   the state names tensors that the graph lacks
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
  if (options.stateOnDevice === true) checkStateOnDevice(ort, device);
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

/** @throws HmsaError for a GPU that cannot keep the state: onnxruntime-node ends the process when it is asked for an output there */
function checkStateOnDevice({ env }: OrtModule, device: Device): void {
  const isWeb = env?.versions?.node === undefined;
  if (device !== 'cuda' && (device !== 'webgpu' || isWeb)) return;
  throw new HmsaError({
    operation: 'stateOnDevice',
    expected: 'webgpu of onnxruntime-web, in a browser',
    received: `${device} of onnxruntime-node, which gives its outputs to the CPU`,
    remedy: 'Leave it out: the results are the same.',
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
    const sibling: OrtSessionParts['sibling'] = async (other, asked) =>
      open(ort, other, { ...siblingOptions(options, asked), device }, store);
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

/** The parts of a session. */
interface OrtSessionParts {
  readonly ort: OrtModule;
  readonly inference: OrtInferenceSession;
  readonly info: SessionInfo & Signature;
  /** The session has joined it, and leaves it when it is disposed. */
  readonly store: StateStore;
  /** Opens another graph over the same store. */
  readonly sibling: (model: Uint8Array, options: SiblingOptions & TransferOption) => Promise<Session>;
  /** Called before the native session is freed. */
  readonly finish: (() => void) | undefined;
}

/** A session over a loaded graph, in the thread of its caller. */
class OrtSession extends QueuedSession {
  readonly #parts: OrtSessionParts;

  constructor(parts: OrtSessionParts) {
    super(parts.info, parts.store.queue);
    this.#parts = parts;
  }

  protected async execute(
    feeds: NamedArrays,
    wanted: readonly string[],
    transfer: boolean,
  ): Promise<Record<string, NdArray>> {
    const results = await this.#step(feeds, wanted);
    if (transfer) discard(Object.values(feeds));
    return results;
  }

  protected async assign(values: Record<string, NdArray>): Promise<void> {
    const { ort, store } = this.#parts;
    store.replace(mapValues(values, (array) => toTensor(ort, array)));
  }

  protected async read(names: readonly string[]): Promise<Record<string, NdArray>> {
    const tensors = this.#parts.store.get('Session.getState', names);
    return mapValues(await this.#arrays('Session.getState', tensors), copyArray);
  }

  protected open(model: Uint8Array, options: SiblingOptions & TransferOption): Promise<Session> {
    return this.#parts.sibling(model, options);
  }

  protected async free(): Promise<void> {
    const { finish, inference, store } = this.#parts;
    try {
      finish?.();
    } finally {
      await inference.release();
      store.leave();
    }
  }

  async #step(feeds: NamedArrays, wanted: readonly string[]): Promise<Record<string, NdArray>> {
    const { ort, inference, info, store } = this.#parts;
    const stateNames = this.state.map(({ name }) => name);
    const inputs = {
      ...mapValues(feeds, (array) => toTensor(ort, array)),
      ...store.get('Session.run', stateNames),
    };
    const { commit } = info;
    const fetched = [...wanted, ...info.next.values(), ...(commit === undefined ? [] : [commit])];
    let results: Readonly<Record<string, OrtTensor>>;
    try {
      results = fetched.length === 0 ? {} : await inference.run(inputs, fetched);
    } catch (error) {
      throw ortFailure('Session.run', 'the graph to run', this.device, error);
    }
    const next = Object.fromEntries([...info.next].map(([input, output]) => [input, results[output]!]));
    const pick = (names: readonly string[]) =>
      this.#arrays('Session.run', Object.fromEntries(names.map((name) => [name, results[name]!])));
    let returned: Record<string, NdArray>;
    let isBad: boolean;
    try {
      returned = await pick(wanted);
      isBad = commit !== undefined && (await pick([commit]))[commit]!.data[0] === 0;
    } catch (error) {
      freeTensors(Object.values(next));
      throw error;
    }
    // Nothing fails from here on, so a run that rejects has left the state as it was.
    if (isBad) freeTensors(Object.values(next));
    else store.replace(next);
    return returned;
  }

  /** Arrays over the tensors' own memory, on the CPU. */
  async #arrays(
    operation: string,
    tensors: Readonly<Record<string, OrtTensor>>,
  ): Promise<Record<string, NdArray>> {
    const arrays: Record<string, NdArray> = {};
    try {
      for (const [name, tensor] of Object.entries(tensors)) arrays[name] = await readTensor(tensor);
    } catch (error) {
      throw ortFailure(operation, `values from ${this.device}`, this.device, error);
    }
    return arrays;
  }
}
