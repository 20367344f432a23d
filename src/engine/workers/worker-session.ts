import type { NdArray } from '../../base/arrays/index.js';
import type { Remote } from '../../base/calls/index.js';
import { RunQueue } from '../../base/tasks/index.js';
import {
  checkArrays,
  checkOptions,
  checkOutputs,
  checkStateNames,
  copyArray,
  disposedError,
  type NamedArrays,
  type RunOptions,
  type Session,
  type SessionInfo,
  type SessionOptions,
  type SiblingOptions,
  type TransferOption,
  takeOver,
} from '../runtime/index.js';
import { sendableModel, transferOf } from './sendable-model.js';
import { buffersOf, type Opened, type SessionCalls } from './session-calls.js';

/**
 * Opens a session in another thread, which answers by {@link sessionHandlers}. Its siblings live in the same thread,
 * which is closed with the last of them, or at once where the session cannot be opened.
 *
 * @param start starts the thread, once the arguments are found to be right
 * @param model the bytes of an ONNX file; copied, unless they are transferred or in shared memory
 * @throws HmsaError when the device is missing, or the model or an option does not fit
 */
export async function openWorkerSession(
  start: () => Remote<SessionCalls>,
  model: Uint8Array,
  { transfer = false, ...options }: SessionOptions & TransferOption,
): Promise<Session> {
  checkOptions(options);
  const sent = sendableModel(model, transfer);
  const worker = start();
  try {
    const opened = await worker.call('open', { model: sent, options }, { transfer: transferOf(sent) });
    return new WorkerSession(new SharedWorker(worker), opened);
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/** A worker as siblings share it: one queue for all their calls, and its end with the last of them. */
class SharedWorker {
  readonly queue = new RunQueue();
  #open = 0;

  constructor(readonly worker: Remote<SessionCalls>) {}

  join(): void {
    this.#open++;
  }

  async leave(): Promise<void> {
    this.#open--;
    if (this.#open === 0) await this.worker.close();
  }
}

/**
 * A session whose graph, state and runs are in another thread.
 *
 * Arrays are checked here, so that a mistake costs no transfer. Feeds and state go over as copies whose memory
 * is transferred, made when their turn comes; with `transfer`, the caller's own memory goes. Results come back
 * by transfer.
 */
class WorkerSession implements Session {
  readonly device: SessionInfo['device'];
  readonly partlyOnCpu: boolean;
  readonly inputs: SessionInfo['inputs'];
  readonly outputs: SessionInfo['outputs'];
  readonly state: SessionInfo['state'];
  readonly #shared: SharedWorker;
  readonly #session: number;
  #disposal: Promise<void> | undefined;

  constructor(shared: SharedWorker, { session, info }: Opened) {
    shared.join();
    this.#shared = shared;
    this.#session = session;
    this.device = info.device;
    this.partlyOnCpu = info.partlyOnCpu;
    this.inputs = info.inputs;
    this.outputs = info.outputs;
    this.state = info.state;
  }

  async run(feeds: NamedArrays, options: RunOptions = {}): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.run');
    checkArrays('Session.run', this.inputs, feeds, true);
    const outputs = checkOutputs(this, options.outputs);
    const { queue, worker } = this.#shared;
    return queue.add(async () => {
      // Again: while it waited, the feeds may have been handed to somebody else.
      checkArrays('Session.run', this.inputs, feeds, true);
      const sent = options.transfer ? takeOver(feeds) : copies(feeds);
      return worker.call(
        'run',
        { session: this.#session, feeds: sent, outputs },
        { transfer: buffersOf(sent) },
      );
    }, options.signal);
  }

  async setState(values: NamedArrays, options: TransferOption = {}): Promise<void> {
    this.#requireLive('Session.setState');
    checkArrays('Session.setState', this.state, values, false);
    const sent = options.transfer ? takeOver(values) : copies(values);
    const { queue, worker } = this.#shared;
    return queue.add(async () => {
      checkArrays('Session.setState', this.state, sent, false);
      return worker.call('setState', { session: this.#session, values: sent }, { transfer: buffersOf(sent) });
    });
  }

  async getState(names?: readonly string[]): Promise<Record<string, NdArray>> {
    this.#requireLive('Session.getState');
    const wanted = checkStateNames(this, names);
    const { queue, worker } = this.#shared;
    return queue.add(() => worker.call('getState', { session: this.#session, names: wanted }));
  }

  async sibling(model: Uint8Array, options: SiblingOptions & TransferOption = {}): Promise<Session> {
    this.#requireLive('Session.sibling');
    const { transfer = false, ...own } = options;
    checkOptions(own);
    const { queue, worker } = this.#shared;
    return queue.add(async () => {
      const sent = sendableModel(model, transfer);
      const request = { session: this.#session, model: sent, options: own };
      return new WorkerSession(
        this.#shared,
        await worker.call('sibling', request, { transfer: transferOf(sent) }),
      );
    });
  }

  dispose(): Promise<void> {
    const { queue, worker } = this.#shared;
    this.#disposal ??= queue.add(async () => {
      try {
        if (worker.isAlive) await worker.call('dispose', { session: this.#session });
      } finally {
        await this.#shared.leave();
      }
    });
    return this.#disposal;
  }

  #requireLive(operation: string): void {
    if (this.#disposal) throw disposedError(operation);
  }
}

function copies(values: NamedArrays): Record<string, NdArray> {
  return Object.fromEntries(Object.entries(values).map(([name, array]) => [name, copyArray(array)]));
}
