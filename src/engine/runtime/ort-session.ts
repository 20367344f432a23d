import type { NdArray } from '../../base/arrays/index.js';
import { discard, freeTensors } from './discard.js';
import { ortFailure } from './ort-failure.js';
import type { OrtInferenceSession, OrtModule, OrtTensor } from './ort-types.js';
import { QueuedSession } from './queued-session.js';
import type { NamedArrays, Session, SessionInfo, SiblingOptions, TransferOption } from './session.js';
import type { Signature } from './signature.js';
import type { StateStore } from './state-store.js';
import { copyArray, mapValues, readTensor, toTensor } from './tensors.js';

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
export class OrtSession extends QueuedSession {
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
    const held = this.state.map(({ name }) => name);
    const inputs = {
      ...mapValues(feeds, (array) => toTensor(ort, array)),
      ...store.get('Session.run', held),
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
