import { stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { HmsaError } from '../../../errors/index.js';
import { byName, FolderReader, posix, stemOf } from '../folder-reader.js';
import type { Fault, FileKind, Item } from '../tree.js';
import { nameOf, readList } from './lists.js';
import { isClassFile, ownClasses } from './own-classes.js';

export const listKind: FileKind = {
  name: 'list',
  layout:
    'a text file with a photograph and its label on each line, relative to it; or a folder of such files, one a split',
  async scan(path, options) {
    const absolute = resolve(path);
    const isFolder = (await stat(absolute).catch(() => undefined))?.isDirectory() ?? false;
    const reader = await FolderReader.open(isFolder ? absolute : dirname(absolute), options);
    const lists = isFolder
      ? (await reader.files('', 0)).filter((file) => /\.(txt|lst|csv)$/i.test(file) && !isClassFile(file))
      : [relative(reader.root, absolute)];
    const splits: Record<string, Item[]> = {};
    const faults: Fault[] = [];
    for (const list of lists.sort(byName)) {
      const split = nameOf(list);
      splits[split] = await itemsOf(reader, list, split, faults);
    }
    const items = Object.values(splits).flat();
    if (items.length === 0) {
      throw new HmsaError({
        operation: `list:${path}`,
        expected: listKind.layout,
        received: lists.length === 0 ? 'no list' : 'no photograph in it',
      });
    }
    const own = await ownClasses(reader, items, `list:${path}`, options);
    return { root: reader.root, ...own, splits, faults: [...reader.faults, ...own.faults, ...faults] };
  },
};

/** A list may name files anywhere: it is the list, not its folder, that says what belongs to the set. */
async function itemsOf(reader: FolderReader, list: string, split: string, faults: Fault[]): Promise<Item[]> {
  const items: Item[] = [];
  for (const [imageEntry, labelEntry] of await readList(reader.absolute(list))) {
    const image = resolve(reader.root, imageEntry);
    const label = labelEntry === undefined ? undefined : resolve(reader.root, labelEntry);
    const below = (path: string) => posix(relative(reader.root, path));
    const hasImage = await isFile(image);
    const hasLabel = label !== undefined && (await isFile(label));
    const detail = `${list} names it`;
    if (!hasImage) faults.push({ kind: 'missing image', file: below(image), split, detail });
    if (label !== undefined && !hasLabel) {
      faults.push({ kind: 'missing label', file: below(label), split, detail });
    }
    if (!hasImage) continue;
    const group = posix(dirname(imageEntry));
    items.push({ id: stemOf(below(image)), image, group, ...(hasLabel && { label }) });
  }
  return items;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}
