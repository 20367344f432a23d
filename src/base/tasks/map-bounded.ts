import { checkArgument, checkSignal } from '../errors/index.js';

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
