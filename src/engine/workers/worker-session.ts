import type { NdArray } from '../../base/arrays/index.js';
import type { Remote } from '../../base/calls/index.js';
import { RunQueue } from '../../base/tasks/index.js';
import {
  checkOptions,
  copyArray,
  mapValues,
  type NamedArrays,
  QueuedSession,
  type Session,
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
 * Arrays are checked here, so that a mistake costs no transfer. Feeds and state are sent as copies whose memory is
 * transferred; a run's copies are made when its turn comes. With `transfer`, the caller's own memory is sent. Results come
 * back by transfer.
 */
class WorkerSession extends QueuedSession {
  readonly #shared: SharedWorker;
  readonly #session: number;

  constructor(shared: SharedWorker, { session, info }: Opened) {
    super(info, shared.queue);
    shared.join();
    this.#shared = shared;
    this.#session = session;
  }

  protected execute(
    feeds: NamedArrays,
    outputs: readonly string[],
    transfer: boolean,
  ): Promise<Record<string, NdArray>> {
    const sent = transfer ? takeOver(feeds) : mapValues(feeds, copyArray);
    const request = { session: this.#session, feeds: sent, outputs };
    return this.#shared.worker.call('run', request, { transfer: buffersOf(sent) });
  }

  protected assign(values: Record<string, NdArray>): Promise<void> {
    const request = { session: this.#session, values };
    return this.#shared.worker.call('setState', request, { transfer: buffersOf(values) });
  }

  protected read(names: readonly string[]): Promise<Record<string, NdArray>> {
    return this.#shared.worker.call('getState', { session: this.#session, names });
  }

  protected async open(
    model: Uint8Array,
    { transfer = false, ...options }: SiblingOptions & TransferOption,
  ): Promise<Session> {
    const sent = sendableModel(model, transfer);
    const request = { session: this.#session, model: sent, options };
    const opened = await this.#shared.worker.call('sibling', request, { transfer: transferOf(sent) });
    return new WorkerSession(this.#shared, opened);
  }

  protected async free(): Promise<void> {
    const { worker } = this.#shared;
    try {
      if (worker.isAlive) await worker.call('dispose', { session: this.#session });
    } finally {
      await this.#shared.leave();
    }
  }
}
