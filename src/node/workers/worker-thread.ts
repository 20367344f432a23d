import { Worker } from 'node:worker_threads';
import { HmsaError } from '../../base/errors/index.js';
import { nativeCallFlags, waitAtExit } from './native-calls.js';
import { type Answers, type Reply, type Request, receiveError, type WorkerStart } from './protocol.js';
import { transferOf } from './sendable-model.js';

/**
 * The worker as its owners see it: one request goes out, one answer or the worker's end comes back.
 *
 * While nothing is asked the worker does not keep the process alive.
 */
export class WorkerLine {
  readonly #worker: Worker;
  readonly #forget: () => void;
  #pending: { resolve(reply: Reply): void; reject(error: Error): void } | undefined;
  #end: Error | undefined;

  constructor(entry: URL, start: Omit<WorkerStart, 'flags'>) {
    const flags = nativeCallFlags();
    this.#forget = waitAtExit(flags);
    this.#worker = new Worker(entry, {
      workerData: { ...start, flags } satisfies WorkerStart,
      transferList: transferOf(start.model),
      name: 'hmsa session',
      // The worker's script is ours and plain: flags for the program's own (a loader, --input-type) stay there.
      execArgv: [],
    });
    this.#worker.on('message', (reply: Reply) => this.#settle()?.resolve(reply));
    this.#worker.on('messageerror', (error) => this.#settle()?.reject(error));
    this.#worker.on('error', (error) => this.#finish(`"${String(error?.message ?? error)}" inside it`));
    this.#worker.on('exit', (code) => this.#finish(`its end with exit code ${code}`));
  }

  /** The answer to nothing: what the worker says once its session is open. */
  opened(): Promise<Answers['open']> {
    return this.#answer<'open'>(() => {});
  }

  ask<Call extends Request['call']>(
    request: Request & { call: Call },
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Answers[Call]> {
    return this.#answer<Call>(() => this.#worker.postMessage(request, transfer));
  }

  /** Ends the thread; the worker must not be inside a run, see {@link insideNativeCall}. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  get alive(): boolean {
    return this.#end === undefined;
  }

  async #answer<Call extends keyof Answers>(send: () => void): Promise<Answers[Call]> {
    if (this.#end) throw this.#end;
    this.#worker.ref();
    try {
      const reply = await new Promise<Reply>((resolve, reject) => {
        this.#pending = { resolve, reject };
        try {
          send();
        } catch (cause) {
          this.#pending = undefined;
          reject(unsendable(cause));
        }
      });
      if ('error' in reply) throw receiveError(reply.error);
      return reply.value as Answers[Call];
    } finally {
      this.#worker.unref();
    }
  }

  #settle() {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  #finish(received: string): void {
    this.#end ??= new HmsaError({
      operation: 'session',
      expected: "the session's worker thread to go on",
      received,
      remedy: 'Open the session again; its state is lost.',
    });
    this.#forget();
    this.#settle()?.reject(this.#end);
  }
}

/** Memory that may not be transferred, WebAssembly's for one. */
function unsendable(cause: unknown): HmsaError {
  return new HmsaError({
    operation: 'session',
    expected: "arrays that can go to the session's worker thread",
    received: `"${cause instanceof Error ? cause.message : String(cause)}"`,
    remedy: 'Leave transfer out, or copy the arrays first.',
    cause,
  });
}
