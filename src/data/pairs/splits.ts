import { HmsaError, nearName, suggest } from '../../base/errors/index.js';
import { type Files, pathFrom } from '../files/index.js';
import { type BlockOptions, holdOutBlocks } from '../index.js';
import { readListed, requireAll } from './lists.js';
import { PathIndex } from './path-index.js';
import type { FileTree, Item, OpenOptions } from './tree.js';

/** The official names of the splits of some sets. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['training', 'train'],
  ['validation', 'val'],
  ['valid', 'val'],
  ['eval', 'val'],
  ['evaluation', 'val'],
  ['testing', 'test'],
  ['devel', 'dev'],
  ['development', 'dev'],
]);

/** How folders, lists and columns name a split, for regular expressions. */
export const splitWords =
  'train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|dev(?:el(?:opment)?)?|test(?:ing)?';

const isWord = new RegExp(`^(?:${splitWords})$`, 'i');

/** Whether a word names a split. */
export function isSplitWord(word: string): boolean {
  return isWord.test(word);
}

/** Usual names of splits. If a set lacks one of them, the user did not mistype it. */
const usualNames = ['train', 'val', 'test', 'dev', 'dev-train', 'all', ...aliases.keys()];

/** `train` for `training`, and so on; other names unchanged. */
export function usualSplitName(name: string): string {
  const lower = name.toLowerCase();
  return aliases.get(lower) ?? (/^(train|val|test|dev)$/.test(lower) ? lower : name);
}

/** A data set has no split of a usual name such as `val`. Other unknown names are plain errors. */
export class MissingSplitError extends HmsaError {}

/**
 * The photographs of a split and of some groups, as {@link OpenOptions} describes them.
 *
 * @param files reads the text file that the split may name
 * @throws MissingSplitError when the split is a usual one that the set does not have
 * @throws HmsaError when there is no such split or group
 */
export async function selectItems(
  tree: FileTree,
  options: OpenOptions,
  files: Pick<Files, 'readText'>,
): Promise<readonly Item[]> {
  const items = await splitItems(tree, options, files);
  return options.groups === undefined || options.groups.length === 0
    ? items
    : ofGroups(items, options.groups);
}

/** Whether a split is one of those that {@link holdOutNote} describes. */
export function isHeldOut(tree: FileTree, split: string): boolean {
  if (ownName(tree, split) !== undefined) return false;
  return ['train', 'val'].includes(usualSplitName(split)) && canHoldOut(tree);
}

/** The possible names of {@link OpenOptions.split}, except for files. */
export function splitNames(tree: FileTree): string[] {
  const own = Object.keys(tree.splits);
  const derived = hasBlocks(tree) ? ['dev', 'dev-train'] : canHoldOut(tree) ? ['train', 'val'] : [];
  return [...own, ...derived.filter((name) => !own.includes(name))];
}

/** Whether `dev` and `dev-train` are parts of `train`. A set may have a split `dev` of its own, which then is meant. */
function hasBlocks({ splits }: FileTree): boolean {
  return Object.hasOwn(splits, 'train') && !Object.hasOwn(splits, 'dev');
}

/** The split of the set that a name means. Many sets call their validation split `dev`. */
function ownName({ splits }: FileTree, name: string): string | undefined {
  const usual = usualSplitName(name);
  return [name, usual, ...(usual === 'val' ? ['dev'] : [])].find((split) => Object.hasOwn(splits, split));
}

/** A sentence about a set whose split `dev` is scored where `val` is asked for; undefined for other sets. */
export function devNote(tree: FileTree): string | undefined {
  return ownName(tree, 'val') === 'dev' ? 'The split dev is also taken for val.' : undefined;
}

async function splitItems(
  tree: FileTree,
  options: OpenOptions,
  files: Pick<Files, 'readText'>,
): Promise<readonly Item[]> {
  const { split } = options;
  if (split === undefined) return allItems(tree);
  const own = ownName(tree, split);
  if (own !== undefined) return tree.splits[own]!;
  if (split === 'all') return allItems(tree);
  const { train } = tree.splits;
  if (train !== undefined && hasBlocks(tree) && (split === 'dev' || split === 'dev-train')) {
    return partOf(train, blockOptions(tree, train.length, options.blocks), split === 'dev');
  }
  if (isSplitFile(split)) return listedItems(tree, split, files);
  const usual = usualSplitName(split);
  if ((usual === 'train' || usual === 'val') && canHoldOut(tree)) {
    const items = labelledItems(tree);
    return partOf(items, holdOutOptions(items.length, options.blocks), usual === 'val');
  }
  throw noSuchSplit(tree, split);
}

function allItems({ splits }: FileTree): Item[] {
  return Object.values(splits).flat();
}

function noSuchSplit(tree: FileTree, split: string): HmsaError {
  const names = splitNames(tree);
  const usual = [...new Set([...names, ...usualNames])];
  const parts = {
    operation: `split of ${tree.root}`,
    expected: `one of ${names.join(', ')}, or a text file that lists photographs`,
    received: split,
  };
  if (usualNames.includes(split)) {
    const way = hasBlocks(tree)
      ? 'Use dev and dev-train, blocks held out of train, or list the photographs in a text file.'
      : `There are: ${names.join(', ')}.`;
    return new MissingSplitError({ ...parts, remedy: way });
  }
  const near = nearName(split, names) ?? nearName(split, usual);
  const remedy =
    near === undefined || names.includes(near)
      ? suggest(split, names)
      : `Did you mean ${near}? There are: ${names.join(', ')}.`;
  return new HmsaError({ ...parts, remedy });
}

/** Whether a split is a text file that lists photographs, rather than a name. */
export function isSplitFile(split: string): boolean {
  return /\.(txt|lst|csv)$/i.test(split);
}

/** Ten per cent, in two blocks for each group, unless the set or the caller says otherwise. */
function blockOptions(tree: FileTree, size: number, given: Partial<BlockOptions> = {}): BlockOptions {
  return { seed: 0, count: Math.round(size / 10), blocks: 2, gap: 1, ...tree.blocks, ...given };
}

/** With fewer photographs, none is left out beside a block, because all are needed. */
const FEW = 50;

/** Like {@link blockOptions}, but with at least one photograph. */
function holdOutOptions(size: number, given: Partial<BlockOptions> = {}): BlockOptions {
  return { seed: 0, count: Math.max(1, Math.round(size / 10)), blocks: 2, gap: size < FEW ? 0 : 1, ...given };
}

/** The items in the blocks, or those that are neither in nor beside one. */
function partOf(items: readonly Item[], options: BlockOptions, wantsHeld: boolean): Item[] {
  const groups = items.map(({ group }) => group);
  const { held, blockOf, rest } = holdOutBlocks(groups, options);
  return wantsHeld
    ? held.map((index, i) => ({ ...items[index]!, block: blockOf[i]! }))
    : rest.map((index) => items[index]!);
}

/** Whether `train` and `val` can be held out: the set has no splits and at least two labelled photographs. */
function canHoldOut(tree: FileTree): boolean {
  const [name, ...others] = Object.keys(tree.splits);
  const isWhole = name !== undefined && others.length === 0 && !/^(train|val|test|dev)/i.test(name);
  return isWhole && labelledItems(tree).length > 1;
}

function labelledItems(tree: FileTree): Item[] {
  return allItems(tree).filter(({ label }) => label !== undefined);
}

/** A sentence about `train` and `val` of a set without splits; undefined if the set has splits. */
export function holdOutNote(tree: FileTree, { blocks }: OpenOptions): string | undefined {
  if (!canHoldOut(tree)) return undefined;
  const items = labelledItems(tree);
  const options = holdOutOptions(items.length, blocks);
  const [held, rest] = [partOf(items, options, true).length, partOf(items, options, false).length];
  const between = items.length - held - rest;
  const beside = between === 0 ? '' : ` (and ${between} beside them in neither)`;
  const verb = held === 1 ? 'is' : 'are';
  return `No splits: ${held} of ${items.length} labelled photographs ${verb} held out in blocks as val${beside}, train is the rest.`;
}

async function listedItems(tree: FileTree, list: string, files: Pick<Files, 'readText'>): Promise<Item[]> {
  const items = new Map(allItems(tree).map((item) => [pathFrom(tree.root, item.image), item]));
  const listed = await readListed(
    files,
    list,
    new PathIndex(tree.root, [...items.keys()], tree.imageFolders),
  );
  requireAll(list, listed);
  return listed.paths.map((path) => items.get(path)!);
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
