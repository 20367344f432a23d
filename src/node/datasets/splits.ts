import { type BlockOptions, holdOutBlocks } from '../../data/index.js';
import { HmsaError, suggest } from '../../errors/index.js';
import { nameOf, readNames } from './kinds/lists.js';
import type { FileTree, Item, OpenOptions } from './tree.js';

/** The official names of some sets' splits. */
const aliases: Readonly<Record<string, string>> = {
  training: 'train',
  validation: 'val',
  valid: 'val',
  testing: 'test',
};

/**
 * The photographs of a split and of some groups, as {@link OpenOptions} describes them.
 *
 * @throws HmsaError when there is no such split or group
 */
export async function selectItems(tree: FileTree, options: OpenOptions): Promise<readonly Item[]> {
  const items = await splitItems(tree, options);
  return options.groups === undefined || options.groups.length === 0
    ? items
    : ofGroups(items, options.groups);
}

/** What {@link OpenOptions.split} may be, files aside. */
export function splitNames({ splits }: FileTree): string[] {
  const own = Object.keys(splits);
  const derived = own.includes('train') ? ['dev', 'dev-train'].filter((name) => !own.includes(name)) : [];
  return [...own, ...derived];
}

async function splitItems(tree: FileTree, options: OpenOptions): Promise<readonly Item[]> {
  const { split } = options;
  if (split === undefined) return Object.values(tree.splits).flat();
  const own = tree.splits[split] ?? tree.splits[aliases[split] ?? ''];
  if (own !== undefined) return own;
  const train = tree.splits.train;
  if (train !== undefined && (split === 'dev' || split === 'dev-train')) {
    const groups = train.map(({ group }) => group);
    const { held, blockOf, rest } = holdOutBlocks(groups, blockOptions(tree, train.length, options.blocks));
    return split === 'dev'
      ? held.map((index, i) => ({ ...train[index]!, block: blockOf[i]! }))
      : rest.map((index) => train[index]!);
  }
  if (isSplitFile(split)) return listedItems(tree, split);
  const names = splitNames(tree);
  throw new HmsaError({
    operation: `split of ${tree.root}`,
    expected: `one of ${names.join(', ')}, or a text file that lists photographs`,
    received: split,
    remedy: suggest(split, names),
  });
}

/** Whether a split is a text file that lists photographs, rather than a name. */
export function isSplitFile(split: string): boolean {
  return /\.(txt|lst)$/.test(split);
}

/** Ten per cent in two blocks a group, unless the set or the caller says otherwise. */
function blockOptions(tree: FileTree, size: number, given: Partial<BlockOptions> = {}): BlockOptions {
  return { seed: 0, count: Math.round(size / 10), blocks: 2, gap: 1, ...tree.blocks, ...given };
}

async function listedItems(tree: FileTree, list: string): Promise<Item[]> {
  const byName = new Map<string, Item>();
  for (const item of Object.values(tree.splits).flat()) byName.set(nameOf(item.image), item);
  return (await readNames(list)).map((name) => {
    const item = byName.get(name);
    if (item !== undefined) return item;
    throw new HmsaError({
      operation: list,
      expected: 'names of photographs in the data set',
      received: name,
      remedy: 'Remove the line or add the photograph.',
    });
  });
}

function ofGroups(items: readonly Item[], wanted: readonly string[]): Item[] {
  const known = [...new Set(items.map(({ group }) => group))];
  const [without, only] = [
    wanted.filter((name) => name.startsWith('!')),
    wanted.filter((n) => !n.startsWith('!')),
  ];
  for (const name of [...only, ...without.map((entry) => entry.slice(1))]) {
    if (known.includes(name)) continue;
    throw new HmsaError({
      operation: 'groups',
      expected: `some of ${known.slice(0, 30).join(', ')}`,
      received: name,
      remedy: suggest(name, known),
    });
  }
  return items.filter(
    ({ group }) => (only.length === 0 || only.includes(group)) && !without.includes(`!${group}`),
  );
}
