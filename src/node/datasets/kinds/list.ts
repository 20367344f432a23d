import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, posix, relative, resolve } from 'node:path';
import { HmsaError } from '../../../errors/index.js';
import { checkText } from '../../arguments/index.js';
import { mapBounded } from '../bounded.js';
import { FolderReader } from '../folder-reader.js';
import { isRemark, type ListLine, readings, readLines } from '../list-file.js';
import { byName, few, pathFrom, stemOf } from '../names.js';
import { noLabelAtAll } from '../pair.js';
import { usualSplitName } from '../splits.js';
import { type Fault, type FileKind, type Item, isTestSplit, newSplits } from '../tree.js';
import { isClassFile, ownClasses } from './own-classes.js';

export const listKind: FileKind = {
  name: 'list',
  layout:
    'a text file with a photograph and its label on each line, relative to it; or a folder of such files, one a split',
  async scan(path, options) {
    checkText(path, 'list', 'the path of a list, or of a folder of lists');
    const absolute = resolve(path);
    const isFolder = (await stat(absolute).catch(() => undefined))?.isDirectory() ?? false;
    const reader = await FolderReader.open(isFolder ? absolute : dirname(absolute), options);
    const lists = isFolder
      ? (await reader.files('', { deep: false })).filter(
          (file) => /\.(txt|lst|csv)$/i.test(file) && !isClassFile(file) && !noList.test(file),
        )
      : [relative(reader.root, absolute)];
    const splits = newSplits();
    const faults: Fault[] = [];
    const notes: string[] = [];
    for (const list of lists.sort(byName)) {
      const split = usualSplitName(posix.parse(list).name);
      const { items, faults: ofList, notes: more } = await readPairs(reader, list, split);
      splits[split] = [...(splits[split] ?? []), ...items];
      for (const fault of ofList) faults.push(fault);
      for (const note of more) notes.push(note);
    }
    const items = Object.values(splits).flat();
    if (items.length === 0) {
      throw new HmsaError({
        operation: `list:${path}`,
        expected: listKind.layout,
        received: lists.length === 0 ? 'no list' : 'no photograph in it',
        remedy: 'Write a photograph and its label into each line, with a tab or a comma between them.',
      });
    }
    const { notes: ownNotes, ...own } = await ownClasses(reader, items, `list:${path}`, options);
    return {
      root: reader.root,
      ...own,
      splits,
      faults: [...reader.faults, ...own.faults, ...faults],
      notes: [...ownNotes, ...notes],
    };
  },
};

/** Text files that lie beside lists. */
const noList = /^(_?class|labels?\.|label_?(map|colou?rs?)|codes\.|read_?me|licen[cs]e|notes?\.|colou?r)/i;

/** A photograph and its label, as a line names them and as they are there; a path is absolute. */
interface Pair {
  readonly image?: string;
  readonly label?: string;
  /** What the line names and is not there. */
  readonly missing: readonly { readonly kind: 'missing image' | 'missing label'; readonly path: string }[];
  /** Cells behind the label. */
  readonly hasMore: boolean;
}

/**
 * A list may name files anywhere: it is the list, not its folder, that says what belongs to the set.
 *
 * @throws HmsaError when most of what it names is not there
 */
async function readPairs(reader: FolderReader, list: string, split: string) {
  const lines = await readLines(reader.absolute(list));
  const pairs = await mapBounded(lines.length, 16, (index) => pairOf(reader.root, lines[index]!));
  const faults: Fault[] = [];
  const items = new Map<string, Item>();
  const conflicts: string[] = [];
  let bad = 0;
  for (const [i, pair] of pairs.entries()) {
    if (pair === undefined) continue;
    if (pair.missing.length > 0) bad += 1;
    for (const { kind, path } of pair.missing) {
      const detail = `line ${lines[i]!.number} of ${list} names it`;
      faults.push({ kind, file: shown(reader.root, path), split, detail });
    }
    if (pair.image === undefined) continue;
    const id = stemOf(pathFrom(reader.root, pair.image));
    const before = items.get(pair.image);
    if (before !== undefined && before.label !== pair.label) {
      conflicts.push(`${pathFrom(reader.root, pair.image)} (line ${lines[i]!.number})`);
    }
    items.set(pair.image, {
      id,
      image: pair.image,
      group: posix.dirname(id),
      ...(pair.label !== undefined && { label: pair.label }),
    });
  }
  if (conflicts.length > 0) throw severalLabels(list, conflicts);
  const entries = pairs.filter((pair) => pair !== undefined);
  if (bad > entries.length / 2) throw mostMissing(list, bad, entries.length, faults);
  const found = [...items.values()];
  if (!isTestSplit(split) && found.length > 0 && found.every(({ label }) => label === undefined)) {
    faults.push(
      noLabelAtAll(
        split,
        found.map(({ image }) => pathFrom(reader.root, image)),
      ),
    );
  }
  return { items: found, faults, notes: notesOn(list, entries, items.size) };
}

function notesOn(list: string, entries: readonly Pair[], photographs: number): string[] {
  const wide = entries.filter(({ hasMore }) => hasMore).length;
  const twice = entries.filter(({ image }) => image !== undefined).length - photographs;
  return [
    ...(wide === 0 ? [] : [`${list}: of ${linesOf(wide)} what follows the label is passed over.`]),
    ...(twice === 0
      ? []
      : [
          `${list}: ${linesOf(twice)} ${twice === 1 ? 'names a photograph again and is' : 'name a photograph again and are'} passed over.`,
        ]),
  ];
}

const linesOf = (count: number) => (count === 1 ? '1 line' : `${count} lines`);

/** What a line means is told by what is there; undefined for a remark. */
async function pairOf(root: string, { text }: ListLine): Promise<Pair | undefined> {
  let best: Pair | undefined;
  for (const [imageName = '', labelName = '', ...more] of readings(text)) {
    const image = await existing(root, imageName);
    if (image === undefined) continue;
    const label = labelName === '' ? undefined : await existing(root, labelName);
    const hasMore = more.some((cell) => cell !== '');
    if (labelName === '' || label !== undefined) {
      return { image, ...(label !== undefined && { label }), missing: [], hasMore };
    }
    best ??= { image, missing: [{ kind: 'missing label', path: resolve(root, labelName) }], hasMore };
  }
  if (best !== undefined) return best;
  if (isRemark(text)) return undefined;
  if (text.startsWith('#')) {
    const [whole] = readings(text.replace(/^#+\s*/, ''));
    const uncommented =
      whole === undefined ? undefined : await pairOf(root, { text: text.replace(/^#+\s*/, ''), number: 0 });
    if (uncommented?.image !== undefined) return undefined;
  }
  const ways = readings(text);
  const [name] =
    ways.find((cells) => cells.length > 1 && cells.every((cell) => stemOf(cell) !== cell)) ?? ways[0]!;
  return { missing: [{ kind: 'missing image', path: resolve(root, name!) }], hasMore: false };
}

/** The absolute path of a file, in whichever way its name is written; undefined where there is none. */
async function existing(root: string, name: string): Promise<string | undefined> {
  const written = [name, name.replaceAll('\\', '/')].flatMap((way) => [
    way,
    way.normalize('NFC'),
    way.normalize('NFD'),
  ]);
  for (const way of new Set(written)) {
    const path = isAbsolute(way) ? way : resolve(root, way);
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  }
  return undefined;
}

/** Below the list's folder as seen from there, elsewhere as it is. */
function shown(root: string, path: string): string {
  const below = pathFrom(root, path);
  return below.startsWith('../') ? path : below;
}

function mostMissing(list: string, count: number, total: number, faults: readonly Fault[]): HmsaError {
  const names = faults.map(({ file, detail }) => `${file} (${/line \d+/.exec(detail)?.[0] ?? ''})`);
  return new HmsaError({
    operation: list,
    expected: 'files that are there, by paths relative to the list',
    received: `${count} of ${total} lines that name what is not: ${few(names)}`,
    remedy: 'Write paths as seen from the folder of the list, or remove such lines.',
  });
}

function severalLabels(list: string, names: readonly string[]): HmsaError {
  return new HmsaError({
    operation: list,
    expected: 'one label for each photograph',
    received: `another one for ${few(names)}`,
    remedy: 'Remove the line that is not meant.',
  });
}
