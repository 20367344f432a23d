/**
 * Calls a function for every index below a count, a bounded number at a time, so that memory does not grow with
 * the count. Results come in the order of the indices.
 *
 * @param signal an abort starts no further call and rejects with its reason
 */
export async function mapBounded<T>(
  count: number,
  atOnce: number,
  call: (index: number) => Promise<T>,
  signal?: AbortSignal,
): Promise<T[]> {
  const results = new Array<T>(count);
  let next = 0;
  const lane = async () => {
    while (next < count) {
      signal?.throwIfAborted();
      const index = next++;
      results[index] = await call(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, lane));
  return results;
}
