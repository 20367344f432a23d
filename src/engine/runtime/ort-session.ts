import type { NdArray } from '../../base/arrays/index.js';
import { checkArrays } from './check-arrays.js';
import { discard, freeTensors } from './discard.js';
import { ortFailure } from './ort-failure.js';
import type { OrtInferenceSession, OrtModule, OrtTensor } from './ort-types.js';
import type {
  Device,
  NamedArrays,
  RunOptions,
  Session,
  SessionInfo,
  SiblingOptions,
  TensorInfo,
  TransferOption,
} from './session.js';
import { checkCall, checkOutputs, checkStateNames, disposedError } from './session-checks.js';
import type { Signature } from './signature.js';
import type { StateStore } from './state-store.js';
import { copyArray, mapValues, readTensor, takeOver, toTensor } from './tensors.js';

/** The parts of a session. */
export interface OrtSessionParts {
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
export class OrtSession implements Session {
  readonly device: Device;
  readonly partlyOnCpu: boolean;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  readonly state: readonly TensorInfo[];
  readonly #parts: OrtSessionParts;
  readonly #store: StateStore;
  #disposal: Promise<void> | undefined;

  constructor(parts: OrtSessionParts) {
    const { info, store } = parts;
    this.#parts = parts;
    this.#store = store;
    this.device = info.device;
    this.partlyOnCpu = info.partlyOnCpu;
    this.inputs = info.inputs;
    this.outputs = info.outputs;
    this.state = info.state;
  }

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkCall('Session.run', options);
    checkArrays('Session.run', this.inputs, feeds, true);
    const wanted = checkOutputs(this, options.outputs);
    return this.#store.queue.add(async () => {
      // Check again: while the call waited, the caller may have transferred the feeds.
      checkArrays('Session.run', this.inputs, feeds, true);
      const results = await this.#execute(feeds, wanted);
      if (options.transfer) discard(Object.values(feeds));
      return results;
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkCall('Session.setState', options);
    checkArrays('Session.setState', this.state, values, false);
    const kept = options.transfer ? takeOver(values) : mapValues(values, copyArray);
    return this.#store.queue.add(async () => {
      checkArrays('Session.setState', this.state, kept, false);
      this.#store.replace(mapValues(kept, (array) => toTensor(this.#parts.ort, array)));
    });
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    return this.#store.queue.add(async () => {
      const tensors = this.#store.get('Session.getState', wanted);
      return mapValues(await this.#read('Session.getState', tensors), copyArray);
    });
  }

  async sibling(model: Uint8Array, options: SiblingOptions & TransferOption = {}): Promise<Session> {
    this.#requireLive('Session.sibling');
    checkCall('Session.sibling', options);
    const { transfer = false, ...own } = options;
    return this.#store.queue.add(() => this.#parts.sibling(model, { ...own, transfer }));
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#store.queue.add(async () => {
      try {
        this.#parts.finish?.();
      } finally {
        await this.#parts.inference.release();
        this.#store.leave();
      }
    });
    return this.#disposal;
  }

  async #execute(feeds: NamedArrays, wanted: readonly string[]): Promise<Record<string, NdArray>> {
    const { ort, inference, info } = this.#parts;
    const held = this.state.map(({ name }) => name);
    const inputs = {
      ...mapValues(feeds, (array) => toTensor(ort, array)),
      ...this.#store.get('Session.run', held),
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
      this.#read('Session.run', Object.fromEntries(names.map((name) => [name, results[name]!])));
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
    else this.#store.replace(next);
    return returned;
  }

  /** Arrays over the tensors' own memory, on the CPU. */
  async #read(
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

  #requireLive(operation: string): void {
    if (this.#disposal) throw disposedError(operation);
  }
}
