import { Worker } from 'node:worker_threads';
// Loaded here first: libvips set up inside a worker, which may end before others, is not safe.
import 'sharp';
import { HmsaError } from '../../base/errors/index.js';
import type { Job, ResultOf } from './job.js';
import { type Answer, resultOf } from './messages.js';
import type { DatasetSource } from './source.js';

/** One worker thread that does a job at a time. While it has none it does not keep the process alive. */
export class LoaderThread {
  readonly #worker: Worker;
  #pending: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  #end: Error | undefined;

  constructor(source: DatasetSource) {
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: source,
      name: 'hmsa loader',
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#settle()?.resolve(answer));
    this.#worker.on('error', (error) => this.#finish(String((error as Error)?.message ?? error)));
    this.#worker.on('exit', (code) => this.#finish(`its end with exit code ${code}`));
  }

  async run(job: Job): Promise<ResultOf[Job['kind']]> {
    if (this.#end) throw this.#end;
    this.#worker.ref();
    try {
      const answer = await new Promise<Answer>((resolve, reject) => {
        this.#pending = { resolve, reject };
        this.#worker.postMessage(job);
      });
      return resultOf(answer);
    } finally {
      this.#worker.unref();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle() {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  #finish(received: string): void {
    this.#end ??= new HmsaError({
      operation: 'loader',
      expected: 'its worker thread to go on',
      received,
      remedy: 'Free some memory or take fewer workers, and run again.',
    });
    this.#settle()?.reject(this.#end);
  }
}
