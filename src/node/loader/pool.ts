// Imported here first, because initialising libvips inside a worker, which may end before others, is not safe.
import 'sharp';
import { type Answer, type Remote, type Request, Transferring } from '../../base/calls.js';
import { HmsaError } from '../../base/errors/index.js';
import { RunQueue } from '../../base/tasks.js';
import { type BatchCalls, batchHandlers } from '../../data/batches/index.js';
import type { Dataset } from '../../data/index.js';
import { WorkerThread } from '../worker-thread.js';

/** Does the work of a loader, in worker threads or in the calling thread. */
export interface Pool {
  /** Number of calls that it answers at the same time. */
  readonly size: number;
  /** Answers as soon as a thread is free, in the order of the calls. */
  call<Name extends keyof BatchCalls>(
    name: Name,
    request: Request<BatchCalls, Name>,
  ): Promise<Answer<BatchCalls, Name>>;
  /** Ends current calls as soon as their file is read, ends the threads, and rejects waiting calls. */
  close(): Promise<void>;
}

/**
 * @param workers number of threads; 0 does everything in the calling thread
 * @throws HmsaError when threads are requested and the data set does not say how they can open it
 */
export function openPool(dataset: Dataset, workers: number): Pool {
  return workers === 0 ? new InlinePool(dataset) : new ThreadPool(startThreads(dataset, workers));
}

function startThreads({ source }: Dataset, workers: number): WorkerThread<BatchCalls>[] {
  if (source === undefined) {
    throw new HmsaError({
      operation: 'loader',
      expected: 'a data set that worker threads can open: one of openDataset, or { module, export, options }',
      received: 'an object, which only the calling thread can use',
      remedy: 'Load it with workers: 0, in the calling thread, or give the module that makes it.',
    });
  }
  const entry = new URL('./worker.js', import.meta.url);
  const remedy = 'Free some memory or use fewer workers, and run again.';
  return Array.from(
    { length: workers },
    () => new WorkerThread(entry, { name: 'loader', data: source, remedy }),
  );
}

const closed = () => new Error('the loader is closed');

/** One call after the other in the calling thread. */
class InlinePool implements Pool {
  readonly size = 1;
  readonly #queue = new RunQueue();
  readonly #handlers: ReturnType<typeof batchHandlers>;
  readonly #closing = new AbortController();

  constructor(dataset: Dataset) {
    this.#handlers = batchHandlers(dataset);
  }

  call<Name extends keyof BatchCalls>(
    name: Name,
    request: Request<BatchCalls, Name>,
  ): Promise<Answer<BatchCalls, Name>> {
    const { signal } = this.#closing;
    return this.#queue.add(async () => {
      signal.throwIfAborted();
      const answer = await this.#handlers[name](request, signal);
      return (answer instanceof Transferring ? answer.value : answer) as Answer<BatchCalls, Name>;
    });
  }

  async close(): Promise<void> {
    this.#closing.abort(closed());
    await this.#queue.add(async () => {});
  }
}

interface Waiting {
  start(thread: Remote<BatchCalls>, signal: AbortSignal): Promise<void>;
  reject(error: unknown): void;
}

/** A call for each free thread; the others wait in a queue. */
class ThreadPool implements Pool {
  readonly #threads: readonly Remote<BatchCalls>[];
  readonly #free: Remote<BatchCalls>[];
  readonly #queue: Waiting[] = [];
  /** One signal for each call, because Node warns of more than ten listeners on one. */
  readonly #running = new Map<Promise<void>, AbortController>();
  #isClosed = false;

  constructor(threads: readonly Remote<BatchCalls>[]) {
    this.#threads = threads;
    this.#free = [...threads];
  }

  get size(): number {
    return this.#threads.length;
  }

  call<Name extends keyof BatchCalls>(
    name: Name,
    request: Request<BatchCalls, Name>,
  ): Promise<Answer<BatchCalls, Name>> {
    if (this.#isClosed) return Promise.reject(closed());
    return new Promise((resolve, reject) => {
      const start = (thread: Remote<BatchCalls>, signal: AbortSignal) =>
        thread.call(name, request, { signal }).then(resolve, reject);
      this.#queue.push({ start, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(closed());
    for (const controller of this.#running.values()) controller.abort(closed());
    // A thread that is stopped inside libvips could end the whole process.
    await Promise.all(this.#running.keys());
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#free.length > 0) {
      const thread = this.#free.pop()!;
      const controller = new AbortController();
      const done = this.#queue
        .shift()!
        .start(thread, controller.signal)
        .finally(() => {
          this.#running.delete(done);
          this.#free.push(thread);
          this.#dispatch();
        });
      this.#running.set(done, controller);
    }
  }
}
