import type { Dataset } from '../../data/index.js';
import { doJob } from './do-job.js';
import type { Job, ResultOf } from './job.js';
import { LoaderThread } from './loader-thread.js';
import { sourceOf } from './source.js';

/** What does the jobs of a loader: worker threads, or the calling thread. */
export interface Pool {
  /** Jobs that it does at once. */
  readonly size: number;
  /** Does a job as soon as one of the threads is free, in the order of the calls. */
  run<J extends Job>(job: J): Promise<ResultOf[J['kind']]>;
  /** Lets running jobs end and frees the threads; jobs that wait are rejected. */
  close(): Promise<void>;
}

/** @param workers number of threads; 0 does everything in the calling thread */
export function openPool(dataset: Dataset, workers: number): Pool {
  return workers === 0 ? new InlinePool(dataset) : new ThreadPool(dataset, workers);
}

/** One job after the other in the calling thread. */
class InlinePool implements Pool {
  readonly size = 1;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(readonly dataset: Dataset) {}

  run<J extends Job>(job: J): Promise<ResultOf[J['kind']]> {
    const result = this.#last.then(() => {
      if (this.#isClosed) throw new Error('the loader is closed');
      return doJob(this.dataset, job);
    });
    this.#last = result.catch(() => {});
    return result;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }
}

interface Waiting {
  readonly job: Job;
  resolve(result: ResultOf[Job['kind']]): void;
  reject(error: unknown): void;
}

/** A job for each free thread, the others in a queue. */
class ThreadPool implements Pool {
  readonly #threads: LoaderThread[];
  readonly #free: LoaderThread[];
  readonly #queue: Waiting[] = [];
  readonly #running = new Set<Promise<unknown>>();

  constructor(dataset: Dataset, workers: number) {
    const source = sourceOf(dataset);
    this.#threads = Array.from({ length: workers }, () => new LoaderThread(source));
    this.#free = [...this.#threads];
  }

  get size(): number {
    return this.#threads.length;
  }

  run<J extends Job>(job: J): Promise<ResultOf[J['kind']]> {
    const result = new Promise<ResultOf[Job['kind']]>((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
    });
    this.#dispatch();
    return result as Promise<ResultOf[J['kind']]>;
  }

  async close(): Promise<void> {
    for (const { reject } of this.#queue.splice(0)) reject(new Error('the loader is closed'));
    // A thread that is stopped inside libvips could take the process with it.
    await Promise.allSettled(this.#running);
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#free.length > 0) {
      const thread = this.#free.pop()!;
      const { job, resolve, reject } = this.#queue.shift()!;
      const done: Promise<void> = thread
        .run(job)
        .then(resolve, reject)
        .finally(() => {
          this.#running.delete(done);
          this.#free.push(thread);
          this.#dispatch();
        });
      this.#running.add(done);
    }
  }
}
