/** Runs tasks one after the other, in the order in which they came. */
export class RunQueue {
  #tail: Promise<void> = Promise.resolve();

  /**
   * @param signal an abort rejects with the signal's reason at once while the task waits, and does nothing once
   *   it has started
   */
  add<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const abort = () => reject(signal?.reason);
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.#tail = this.#tail.then(async () => {
        signal?.removeEventListener('abort', abort);
        if (signal?.aborted) return;
        try {
          resolve(await task());
        } catch (error) {
          // Whether the task throws or rejects, the next one runs.
          reject(error);
        }
      });
    });
  }
}
