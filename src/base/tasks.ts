import { checkArgument, checkSignal } from './errors/index.js';

/**
 * Calls a function for every index below a count, a bounded number at a time, so that memory does not grow with
 * the count. Results come in the order of the indices. It settles when no call is under way any more, so what the calls
 * use may be closed then.
 *
 * @param signal an abort starts no further call and rejects with its reason
 * @throws HmsaError when an argument is of another kind or out of range; the error of the first call that fails, after
 *   which no further one is started
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

/** An item with what was read of it, or with why that failed. */
export type ReadAhead<Item, Value> = {
  readonly item: Item;
  readonly index: number;
} & PromiseSettledResult<Value>;

/**
 * Reads the items one after the other, each while the caller works on the one before. A failure comes as a value, when
 * its turn has come.
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
