import { checkArgument, checkSignal } from './errors/index.js';

/**
 * Calls a function for every index from 0 to `count - 1`, at most `atOnce` calls at a time. The results are in the order of
 * the indices. If a call fails or the signal is aborted, no further call starts. The promise settles only after every call
 * that has started has ended, so it is then safe to close what the calls use.
 *
 * @throws HmsaError when an argument has the wrong type or is out of range; otherwise the error of the first call that
 *   fails, or the reason of the signal
 */
export async function mapBounded<T>(
  count: number,
  atOnce: number,
  call: (index: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const isCount = (value: unknown, least: number) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) < 2 ** 32;
  checkArgument(isCount(count, 0), 'mapBounded', 'a count from 0 on', count);
  checkArgument(isCount(atOnce, 1), 'mapBounded', 'a number of calls at once from 1 on', atOnce);
  checkArgument(typeof call === 'function', 'mapBounded', 'a function to call', call);
  checkSignal(signal, 'mapBounded');
  const results = new Array<T>(count);
  let next = 0;
  const failures: unknown[] = [];
  const lane = async () => {
    try {
      while (next < count && failures.length === 0) {
        signal?.throwIfAborted();
        const index = next++;
        results[index] = await call(index);
      }
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** An item, its index, and what was read of it or the error. */
export type ReadAhead<Item, Value> = {
  readonly item: Item;
  readonly index: number;
} & PromiseSettledResult<Value>;

/**
 * Reads items one after the other. While the caller works on an item, the next one is read. An item that cannot be read
 * comes in its turn, with its error as `reason`; nothing is thrown.
 */
export async function* readAhead<Item, Value>(
  items: readonly Item[],
  read: (item: Item) => Promise<Value>,
): AsyncGenerator<ReadAhead<Item, Value>, void, undefined> {
  const begin = async (item: Item) => (await Promise.allSettled([read(item)]))[0];
  let next = items.length > 0 ? begin(items[0]!) : undefined;
  for (const [index, item] of items.entries()) {
    const result = await next!;
    if (index + 1 < items.length) next = begin(items[index + 1]!);
    yield { item, index, ...result };
  }
}

/** Runs tasks one at a time, in the order in which they were added. A task that fails does not stop the next one. */
export class RunQueue {
  #tail: Promise<void> = Promise.resolve();

  /**
   * Adds a task and returns its result.
   *
   * @param signal an abort rejects a task that still waits, at once and with the signal's reason; it does not stop a task
   *   that has started
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
