import { Worker } from 'node:worker_threads';
import {
  type Answer,
  Caller,
  type CallOptions,
  type Calls,
  type Port,
  type Remote,
  type Request,
} from '../../base/calls/index.js';
import { HmsaError } from '../../base/errors/index.js';

export interface WorkerThreadParts {
  /** Of what the thread does, as errors call it: `session`, `loader`. */
  readonly name: string;
  /** What the thread finds as its `workerData`. */
  readonly data?: unknown;
  /** What to do when the thread has ended by itself. */
  readonly remedy: string;
  /** Called when the thread has ended, for whatever reason. */
  readonly onEnd?: () => void;
}

/** A worker thread that answers calls. While none is under way it does not keep the process alive. */
export class WorkerThread<C extends Calls<C>> implements Remote<C> {
  readonly #worker: Worker;
  readonly #caller: Caller<C>;
  #underWay = 0;

  /** @param entry the thread's script, which answers through its `parentPort` */
  constructor(entry: URL, { name, data, remedy, onEnd }: WorkerThreadParts) {
    // The script is ours and plain: flags for the program's own (a loader, --input-type) stay there.
    const worker = new Worker(entry, { workerData: data, name: `hmsa ${name}`, execArgv: [] });
    const port: Port = { postMessage: (...message) => worker.postMessage(...message), onmessage: null };
    const caller = new Caller<C>(port, name);
    const end = (received: string) =>
      caller.end(
        new HmsaError({
          operation: name,
          expected: `the ${name}'s worker thread to go on`,
          received,
          remedy,
        }),
      );
    worker.unref();
    worker.on('message', (data: unknown) => port.onmessage?.({ data } as never));
    worker.on('messageerror', (error) => caller.fail(error));
    worker.on('error', (error) => end(`"${String((error as Error)?.message ?? error)}" inside it`));
    worker.on('exit', (code) => {
      end(`its end with exit code ${code}`);
      onEnd?.();
    });
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

  /** Ends the thread. One that is stopped inside a native call may take the process with it. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
