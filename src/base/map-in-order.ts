/** An item, its index, and the result of its call. */
export interface Mapped<Item, Value> {
  readonly item: Item;
  readonly index: number;
  readonly value: Value;
}

/**
 * Calls a function for every item, at most `atOnce` calls at a time, and yields the results in the order of the items. The
 * next item is taken only when a call for it can start. A finished result is yielded without waiting for the next item.
 *
 * After a failure or an abort no further call starts. The results of the calls that have started are still yielded, and then
 * it throws. If the reader stops early, the generator ends after every call that has started.
 *
 * @throws the error of the first call that fails, an error of the items themselves, or the reason of the signal
 */
export async function* mapInOrder<Item, Value>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  call: (item: Item, index: number) => Promise<Value>,
  signal?: AbortSignal,
): AsyncGenerator<Mapped<Item, Value>, void, undefined> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const started: {
    readonly item: Item;
    readonly index: number;
    readonly result: Promise<PromiseSettledResult<Value>>;
  }[] = [];
  const failures: unknown[] = [];
  // A single promise that every wait races against would, as long as it is pending, keep the results of all races in memory.
  let stop = () => {};
  const onAbort = () => stop();
  signal?.addEventListener('abort', onAbort);
  let upcoming: Promise<PromiseSettledResult<IteratorResult<Item>>> | undefined;
  let count = 0;
  let isEnded = false;
  let isStuck = false;
  const fail = (reason: unknown) => {
    isEnded = true;
    isStuck = upcoming !== undefined;
    upcoming = undefined;
    failures.push(reason);
  };
  try {
    if (signal?.aborted) fail(signal.reason);
    while (!isEnded || started.length > 0) {
      if (!isEnded && started.length < atOnce) upcoming ??= settled(async () => source.next());
      const first = started[0];
      const event = await new Promise<Event<Item, Value>>((resolve) => {
        stop = () => resolve('stop');
        if (!isEnded && signal?.aborted) stop();
        first?.result.then((result) => resolve({ result }));
        upcoming?.then((next) => resolve({ next }));
      });
      if (event === 'stop') {
        if (!isEnded) fail(signal!.reason);
      } else if ('next' in event) {
        upcoming = undefined;
        if (event.next.status === 'rejected') fail(event.next.reason);
        else if (event.next.value.done) isEnded = true;
        else {
          const { value: item } = event.next.value;
          const index = count++;
          started.push({ item, index, result: settled(() => call(item, index)) });
        }
      } else {
        const { item, index } = started.shift()!;
        if (event.result.status === 'rejected') fail(event.result.reason);
        else yield { item, index, value: event.result.value };
      }
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await Promise.all(started.map(({ result }) => result));
    const closed = source.return?.();
    // A source that is still waiting for its next item may wait forever.
    if (!isStuck && upcoming === undefined) await closed;
  }
  if (failures.length > 0) throw failures[0];
}

async function settled<T>(call: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  return (await Promise.allSettled([(async () => call())()]))[0];
}

/** What a wait ends with: an abort, the first result, or the next item. */
type Event<Item, Value> =
  | 'stop'
  | { readonly result: PromiseSettledResult<Value> }
  | { readonly next: PromiseSettledResult<IteratorResult<Item>> };
