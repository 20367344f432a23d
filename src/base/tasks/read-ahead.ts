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
