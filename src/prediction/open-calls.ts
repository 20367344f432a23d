import { refuseDisposed } from './session-cache.js';

/** The calls of a model that are under way. What they use is closed after them. */
export class OpenCalls {
  readonly #open = new Set<Promise<unknown>>();
  #isClosed = false;

  /**
   * Runs a call. It counts from the moment at which it is made, whatever it waits for first.
   *
   * @throws HmsaError after {@link close}
   */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#isClosed) refuseDisposed();
    const result = call();
    this.#open.add(result);
    try {
      return await result;
    } finally {
      this.#open.delete(result);
    }
  }

  /** Refuses further calls. The promise resolves when those that were made before have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#open);
  }
}
