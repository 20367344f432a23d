import { HmsaError } from '../../base/errors/index.js';
import { mapBounded } from '../../base/tasks.js';
import {
  bareName,
  byName,
  type Fault,
  type Files,
  FolderReader,
  few,
  folderOf,
  isBelow,
  pathFrom,
  resolvePath,
  stemOf,
} from '../files/index.js';
import {
  type Item,
  isRemark,
  isSplitWord,
  isTestSplit,
  type Layout,
  type ListLine,
  newSplits,
  noLabelAtAll,
  readings,
  readLines,
  usualSplitName,
} from '../pairs/index.js';
import { isClassFile, ownClasses } from './own-classes.js';

export const listKind: Layout = {
  name: 'list',
  takesClassFile: true,
  layout:
    'a text file with a photograph and its label on each line, relative to it; or a folder of such files, one a split',
  mayBeFile: true,
  async scan(folder, options) {
    const reader = await FolderReader.open(folder, options);
    const lists =
      folder.list === undefined
        ? (await reader.list('', { deep: false })).filter(
            (file) => /\.(txt|lst|csv)$/i.test(file) && !isClassFile(file) && !noList.test(file),
          )
        : [folder.list];
    const splits = newSplits();
    const faults: Fault[] = [];
    const notes: string[] = [];
    for (const list of lists.sort(byName)) {
      const split = usualSplitName(bareName(list));
      const { items, faults: ofList, notes: more, splitOf } = await readPairs(reader, list, split);
      for (const item of items) {
        const own = splitOf.get(item.image) ?? split;
        splits[own] = [...(splits[own] ?? []), item];
      }
      for (const fault of ofList) faults.push(fault);
      for (const note of more) notes.push(note);
    }
    const items = Object.values(splits).flat();
    if (items.length === 0) {
      throw new HmsaError({
        operation: `list:${folder.name}`,
        expected: listKind.layout,
        received: lists.length === 0 ? 'no list' : 'no photograph in it',
        remedy: 'Write a photograph and its label into each line, with a tab or a comma between them.',
      });
    }
    const { notes: ownNotes, ...own } = await ownClasses(reader, items, `list:${folder.name}`, options);
    return {
      root: reader.root,
      ...own,
      splits,
      faults: [...reader.faults, ...own.faults, ...faults],
      notes: [...ownNotes, ...notes],
    };
  },
};

/** Names of text files that lie beside lists. */
const noList = /^(_?class|labels?\.|label_?(map|colou?rs?)|codes\.|read_?me|licen[cs]e|notes?\.|colou?r)/i;

/** A photograph and its label, as a line names them. Paths are absolute. */
interface Pair {
  readonly image?: string;
  readonly label?: string;
  /** Files that the line names and that do not exist. */
  readonly missing: readonly { readonly kind: 'missing image' | 'missing label'; readonly path: string }[];
  /** Cells after the label. */
  readonly more: readonly string[];
}

/**
 * Reads the pairs of a list. It may name files anywhere, because the list and not its folder determines what belongs to
 * the set.
 *
 * @throws HmsaError when most of the files that it names do not exist
 */
async function readPairs(reader: FolderReader, list: string, listSplit: string) {
  const lines = await readLines(reader.files, reader.absolute(list));
  const pairs = await mapBounded(lines.length, 16, (index) => pairOf(reader, lines[index]!));
  const splitAt = splitsIn(lines, pairs, listSplit);
  const faults: Fault[] = [];
  const items = new Map<string, Item>();
  const conflicts: string[] = [];
  let bad = 0;
  const splitOf = new Map<string, string>();
  for (const [i, pair] of pairs.entries()) {
    if (pair === undefined) continue;
    const split = splitAt(i);
    const own = split ?? listSplit;
    if (pair.missing.length > 0) bad += 1;
    for (const { kind, path } of pair.missing) {
      const detail = `line ${lines[i]!.number} of ${list} names it`;
      // A line that cannot be read may have no split.
      faults.push({ kind, file: shown(reader.root, path), ...(split && { split }), detail });
    }
    if (pair.image === undefined) continue;
    if (pair.image === pair.label) throw ownLabel(list, lines[i]!);
    const id = stemOf(pathFrom(reader.root, pair.image));
    const before = items.get(pair.image);
    if (before !== undefined && (before.label !== pair.label || splitOf.get(pair.image) !== own)) {
      conflicts.push(`${pathFrom(reader.root, pair.image)} (line ${lines[i]!.number})`);
    }
    splitOf.set(pair.image, own);
    items.set(pair.image, {
      id,
      image: pair.image,
      group: folderOf(id),
      ...(pair.label !== undefined && { label: pair.label }),
    });
  }
  if (conflicts.length > 0) throw severalLabels(list, conflicts);
  const entries = pairs.filter((pair) => pair !== undefined);
  if (bad > entries.length / 2) throw mostMissing(list, bad, entries.length, faults);
  const found = [...items.values()];
  for (const split of new Set(splitOf.values())) {
    const own = found.filter(({ image }) => splitOf.get(image) === split);
    if (isTestSplit(split) || own.some(({ label }) => label !== undefined)) continue;
    const names = own.map(({ image }) => pathFrom(reader.root, image));
    faults.push(noLabelAtAll(split, names));
  }
  const isDivided = new Set(splitOf.values()).size > 1;
  const notes = [...notesOn(list, entries, items.size, isDivided), ...sharedLabels(reader.root, list, found)];
  return { items: found, faults, notes, splitOf };
}

/** The split of each line: from a column of that name, or the cell after each label; otherwise that of the list. */
function splitsIn(
  lines: readonly ListLine[],
  pairs: readonly (Pair | undefined)[],
  listSplit: string,
): (index: number) => string | undefined {
  const words = lines.map(({ split }, i) => split ?? pairs[i]?.more[0]);
  const isColumn = pairs.every((pair, i) => pair?.label === undefined || isSplitWord(words[i] ?? ''));
  const isDivided = lines.some(({ split }) => split !== undefined) || (isColumn && words.some(Boolean));
  return (index) => {
    if (!isDivided) return listSplit;
    const word = lines[index]!.split ?? (isColumn ? words[index] : undefined);
    return word === undefined ? undefined : usualSplitName(word);
  };
}

/** Labels that several photographs share, which are probably copying errors. */
function sharedLabels(root: string, list: string, items: readonly Item[]): string[] {
  const byLabel = new Map<string, Item[]>();
  for (const item of items) {
    if (item.label !== undefined) byLabel.set(item.label, [...(byLabel.get(item.label) ?? []), item]);
  }
  const shared = [...byLabel].filter(([, { length }]) => length > 1);
  const [first] = shared;
  if (first === undefined) return [];
  const [label, photographs] = first;
  const names = few(photographs.map(({ image }) => pathFrom(root, image)));
  const count = shared.length === 1 ? '1 label belongs' : `${shared.length} labels belong`;
  return [`${list}: ${count} to several photographs, such as ${pathFrom(root, label)} to ${names}.`];
}

function notesOn(list: string, entries: readonly Pair[], photographs: number, isDivided: boolean): string[] {
  const read = isDivided ? 1 : 0;
  const wide = entries.filter(({ more }) => more.slice(read).some((cell) => cell !== '')).length;
  const twice = entries.filter(({ image }) => image !== undefined).length - photographs;
  return [
    ...(wide === 0 ? [] : [`${list}: everything after the label is ignored in ${linesOf(wide)}.`]),
    ...(twice === 0
      ? []
      : [
          `${list}: ${linesOf(twice)} ${twice === 1 ? 'names a photograph again and is' : 'name a photograph again and are'} ignored.`,
        ]),
  ];
}

const linesOf = (count: number) => (count === 1 ? '1 line' : `${count} lines`);

/** The files that exist decide what a line means. Undefined for a remark. */
async function pairOf(reader: FolderReader, line: ListLine): Promise<Pair | undefined> {
  const { files, root } = reader;
  const { text } = line;
  let best: Pair | undefined;
  for (const [imageName = '', labelName = '', ...more] of readings(line)) {
    const image = await existing(files, root, imageName);
    if (image === undefined) continue;
    const label = labelName === '' ? undefined : await existing(files, root, labelName);
    if (labelName === '' || label !== undefined) {
      return { image, ...(label !== undefined && { label }), missing: [], more };
    }
    best ??= { image, missing: [{ kind: 'missing label', path: resolvePath(root, labelName) }], more };
  }
  if (best !== undefined) return best;
  if (isRemark(text)) return undefined;
  if (text.startsWith('#')) {
    const rest = text.replace(/^#+\s*/, '');
    const uncommented = rest === '' ? undefined : await pairOf(reader, { text: rest, number: 0 });
    if (uncommented?.image !== undefined) return undefined;
  }
  const ways = readings(line);
  const [name] =
    ways.find((cells) => cells.length > 1 && cells.every((cell) => stemOf(cell) !== cell)) ?? ways[0]!;
  return { missing: [{ kind: 'missing image', path: resolvePath(root, name!) }], more: [] };
}

/** The absolute path of a file, however its name is written; undefined if it does not exist. */
async function existing(files: Files, root: string, name: string): Promise<string | undefined> {
  const written = [name, name.replaceAll('\\', '/')].flatMap((way) => [
    way,
    way.normalize('NFC'),
    way.normalize('NFD'),
  ]);
  for (const way of new Set(written)) {
    const path = resolvePath(root, way);
    if ((await files.status(path))?.kind === 'file') return path;
  }
  return undefined;
}

/** A path below the folder of the list is shown relative to it, any other path as it is. */
function shown(root: string, path: string): string {
  return isBelow(root, path) ? pathFrom(root, path) : path;
}

function mostMissing(list: string, count: number, total: number, faults: readonly Fault[]): HmsaError {
  const names = faults.map(({ file, detail }) => `${file} (${/line \d+/.exec(detail)?.[0] ?? ''})`);
  return new HmsaError({
    operation: list,
    expected: 'existing files, by paths relative to the list',
    received: `${count} of ${total} lines that name missing files: ${few(names)}`,
    remedy: 'Write paths relative to the folder of the list, or remove such lines.',
  });
}

function severalLabels(list: string, names: readonly string[]): HmsaError {
  return new HmsaError({
    operation: list,
    expected: 'one label and one split for each photograph',
    received: `another one for ${few(names)}`,
    remedy: 'Remove the wrong line.',
  });
}

function ownLabel(list: string, { text, number }: ListLine): HmsaError {
  return new HmsaError({
    operation: `${list}, line ${number}`,
    expected: 'a photograph and its label',
    received: `${text}, the same file for both`,
    remedy: 'Write the path of the label after that of the photograph.',
  });
}
