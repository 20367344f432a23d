import { Worker } from 'node:worker_threads';
import {
  type Answer,
  Caller,
  type CallOptions,
  type Calls,
  type Port,
  type Remote,
  type Request,
} from '../base/calls.js';
import { HmsaError } from '../base/errors/index.js';

export interface WorkerThreadParts {
  /** What errors call the thread: `session`, `loader`. */
  readonly name: string;
  /** The `workerData` of the thread. */
  readonly data?: unknown;
  /** What to do if the thread ends by itself. */
  readonly remedy: string;
  /** Called when the thread has ended, for any reason. */
  readonly onEnd?: () => void;
}

/** A worker thread that answers calls. It keeps the process alive only during a call. */
export class WorkerThread<C extends Calls<C>> implements Remote<C> {
  readonly #worker: Worker;
  readonly #caller: Caller<C>;
  #underWay = 0;

  /** @param entry the script of the thread, which answers through its `parentPort` */
  constructor(entry: URL, { name, data, remedy, onEnd }: WorkerThreadParts) {
    // Our script is plain JavaScript, so flags of the program itself (a loader, --input-type) are not passed on.
    const worker = new Worker(entry, { workerData: data, name: `hmsa ${name}`, execArgv: [] });
    const port: Port = { postMessage: (...message) => worker.postMessage(...message), onmessage: null };
    const caller = new Caller<C>(port, name);
    const end = (received: string) =>
      caller.end(
        new HmsaError({
          operation: name,
          expected: `the ${name}'s worker thread to keep running`,
          received,
          remedy,
        }),
      );
    worker.on('message', (data: unknown) => port.onmessage?.({ data } as never));
    worker.on('messageerror', (error) => caller.fail(error));
    worker.on('error', (error) => end(`"${String((error as Error)?.message ?? error)}" inside it`));
    worker.on('exit', (code) => {
      end(`its end with exit code ${code}`);
      onEnd?.();
    });
    worker.unref();
    this.#worker = worker;
    this.#caller = caller;
  }

  async call<Name extends keyof C & string>(
    name: Name,
    request: Request<C, Name>,
    options?: CallOptions,
  ): Promise<Answer<C, Name>> {
    if (this.#underWay++ === 0) this.#worker.ref();
    try {
      return await this.#caller.call(name, request, options);
    } finally {
      if (--this.#underWay === 0) this.#worker.unref();
    }
  }

  get isAlive(): boolean {
    return this.#caller.isAlive;
  }

  /** Ends the thread. A thread that is stopped inside a native call may end the process. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
