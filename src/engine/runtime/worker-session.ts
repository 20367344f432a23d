import type { NdArray } from '../../base/arrays.js';
import { type Handlers, type Remote, Transferring } from '../../base/calls.js';
import { HmsaError } from '../../base/errors/index.js';
import { RunQueue } from '../../base/tasks.js';
import { checkOptions } from './ort.js';
import { QueuedSession } from './queued-session.js';
import type {
  NamedArrays,
  Session,
  SessionInfo,
  SessionOptions,
  SiblingOptions,
  TransferOption,
} from './session.js';
import { copyArray, mapValues, takeOver } from './tensors.js';

/** A session in the worker, by the number that the worker has given it. */
interface Of {
  readonly session: number;
}

/** What the worker has opened. */
export interface Opened extends Of {
  readonly info: SessionInfo;
}

/** What is asked of the worker that sessions live in; its owner asks one thing at a time. */
export interface SessionCalls {
  open(request: { readonly model: Uint8Array; readonly options: SessionOptions }): Promise<Opened>;
  run(
    request: Of & { readonly feeds: NamedArrays; readonly outputs: readonly string[] },
  ): Promise<Record<string, NdArray>>;
  setState(request: Of & { readonly values: NamedArrays }): Promise<void>;
  getState(request: Of & { readonly names: readonly string[] }): Promise<Record<string, NdArray>>;
  sibling(request: Of & { readonly model: Uint8Array; readonly options: SiblingOptions }): Promise<Opened>;
  dispose(request: Of): Promise<void>;
}

/** The buffers of arrays that own theirs, for the list of what is transferred rather than copied. */
function buffersOf(values: NamedArrays): ArrayBuffer[] {
  return [...new Set(Object.values(values).map(({ data }) => data.buffer as ArrayBuffer))];
}

/**
 * The worker's side: sessions by number, all of them in this thread.
 *
 * @param open opens the first of them, such as {@link createSession} with an onnxruntime module
 */
export function sessionHandlers(
  open: (model: Uint8Array, options: SessionOptions) => Promise<Session>,
): Handlers<SessionCalls> {
  const sessions = new Map<number, Session>();
  let opened = 0;
  const add = (session: Session): Opened => {
    sessions.set(opened, session);
    const { device, partlyOnCpu, inputs, outputs, state } = session;
    return { session: opened++, info: { device, partlyOnCpu, inputs, outputs, state } };
  };
  return {
    open: async ({ model, options }) => add(await open(model, options)),
    run: async ({ session, feeds, outputs }) =>
      handingOver(await sessions.get(session)!.run(feeds, { outputs, transfer: true })),
    setState: ({ session, values }) => sessions.get(session)!.setState(values, { transfer: true }),
    getState: async ({ session, names }) => handingOver(await sessions.get(session)!.getState(names)),
    sibling: async ({ session, model, options }) => add(await sessions.get(session)!.sibling(model, options)),
    dispose: async ({ session }) => {
      const disposed = sessions.get(session)!;
      sessions.delete(session);
      await disposed.dispose();
    },
  };
}

function handingOver(arrays: Record<string, NdArray>): Transferring<Record<string, NdArray>> {
  return new Transferring(arrays, buffersOf(arrays));
}

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

/**
 * A model's bytes in a form that goes to another thread and takes nothing else along: a copy, unless they are in
 * shared memory, or are all of a buffer that may be transferred.
 *
 * @throws HmsaError when there are none
 */
function sendableModel(model: Uint8Array, transfer: boolean): Uint8Array {
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
function transferOf({ buffer }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}
