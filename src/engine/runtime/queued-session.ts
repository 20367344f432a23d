import type { NdArray } from '../../base/arrays/index.js';
import type { RunQueue } from '../../base/tasks/index.js';
import { checkArrays } from './check-arrays.js';
import { checkOptions } from './ort-options.js';
import type {
  NamedArrays,
  RunOptions,
  Session,
  SessionInfo,
  SiblingOptions,
  TransferOption,
} from './session.js';
import { checkCall, checkOutputs, checkStateNames, disposedError } from './session-checks.js';
import { copyArray, mapValues, takeOver } from './tensors.js';

/**
 * What sessions of every kind share: a call is checked, waits in the queue, and is checked again, because the caller may
 * have transferred its arrays meanwhile. How it is carried out is up to the kind of session.
 */
export abstract class QueuedSession implements Session {
  readonly device: SessionInfo['device'];
  readonly partlyOnCpu: boolean;
  readonly inputs: SessionInfo['inputs'];
  readonly outputs: SessionInfo['outputs'];
  readonly state: SessionInfo['state'];
  readonly #queue: RunQueue;
  #disposal: Promise<void> | undefined;

  /** @param queue that of all siblings */
  constructor({ device, partlyOnCpu, inputs, outputs, state }: SessionInfo, queue: RunQueue) {
    this.device = device;
    this.partlyOnCpu = partlyOnCpu;
    this.inputs = inputs;
    this.outputs = outputs;
    this.state = state;
    this.#queue = queue;
  }

  /** @param transfer whether the feeds' memory may be taken */
  protected abstract execute(
    feeds: NamedArrays,
    wanted: readonly string[],
    transfer: boolean,
  ): Promise<Record<string, NdArray>>;
  /** @param values their memory is the session's own */
  protected abstract assign(values: Record<string, NdArray>): Promise<void>;
  protected abstract read(names: readonly string[]): Promise<Record<string, NdArray>>;
  protected abstract open(model: Uint8Array, options: SiblingOptions & TransferOption): Promise<Session>;
  protected abstract free(): Promise<void>;

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkCall('Session.run', options);
    checkArrays('Session.run', this.inputs, feeds, true);
    const wanted = checkOutputs(this, options.outputs);
    return this.#queue.add(async () => {
      checkArrays('Session.run', this.inputs, feeds, true);
      return this.execute(feeds, wanted, options.transfer ?? false);
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkCall('Session.setState', options);
    checkArrays('Session.setState', this.state, values, false);
    const kept = options.transfer ? takeOver(values) : mapValues(values, copyArray);
    return this.#queue.add(() => this.assign(kept));
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    return this.#queue.add(() => this.read(wanted));
  }

  async sibling(model: Uint8Array, options: SiblingOptions & TransferOption = {}): Promise<Session> {
    this.#requireLive('Session.sibling');
    checkCall('Session.sibling', options);
    const { transfer = false, ...own } = options;
    checkOptions(own);
    return this.#queue.add(() => this.open(model, { ...own, transfer }));
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#queue.add(() => this.free());
    return this.#disposal;
  }

  #requireLive(operation: string): void {
    if (this.#disposal) throw disposedError(operation);
  }
}
