/** An item, its place, and what a call made of it. */
export interface Mapped<Item, Value> {
  readonly item: Item;
  readonly index: number;
  readonly value: Value;
}

/**
 * Calls a function for every item, a bounded number at a time, and gives the results in the order of the items. No item is
 * taken before there is room for it, and a result never waits for the next item.
 *
 * After an abort or a failure no further call is started; the results of those under way are given, and then it throws. It
 * ends, also if its reader stops early, when no call is under way any more.
 *
 * @throws the error of the first call that fails, of the items themselves, or the reason of the abort
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
  // Not a promise that every wait races against: as long as it is open, it would keep all that was ever waited for.
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
    // What is still about to give an item may never do so.
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
