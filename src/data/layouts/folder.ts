import { HmsaError } from '../../base/errors/index.js';
import { readClassFile } from '../classes/index.js';
import {
  extensionOf,
  type Fault,
  type Folder,
  FolderReader,
  few,
  folderOf,
  isImageName,
} from '../files/index.js';
import { type ClassMap, VOID } from '../index.js';
import {
  type FileTree,
  isTestSplit,
  type Layout,
  newSplits,
  type OpenOptions,
  pairFiles,
} from '../pairs/index.js';
import { divideByLists } from './folder-lists.js';
import { findPlaces, type Place, sharedNames, usualFolders } from './folder-places.js';
import { ownClasses } from './own-classes.js';

export const folderKind: Layout = {
  name: 'folder',
  takesClassFile: true,
  layout:
    'images/ and masks/ (or labels/, …), below train/ and val/ or above them, or side by side as a.jpg, a_mask.png',
  async scan(folder, options) {
    const reader = await FolderReader.open(folder, options);
    const places = await findPlaces(reader);
    const splits = newSplits();
    const faults: Fault[] = [];
    for (const place of places) {
      const { split, labels, below } = place;
      const paired = pairFiles(reader, {
        ...place,
        shared: sharedNames(below),
        group: (path) => folderOf(path),
        unlabelled: isTestSplit(split) && labels.length === 0,
      });
      splits[split] = [...(splits[split] ?? []), ...paired.items];
      for (const fault of paired.faults) faults.push(fault);
    }
    const items = Object.values(splits).flat();
    if (items.every(({ label }) => label === undefined)) {
      reader.refuseOutsideLinks();
      if (items.length === 0 || !Object.keys(splits).every(isTestSplit)) throw await noLabels(reader, places);
    }
    const { notes, ...own } = await ownClasses(reader, items, `folder:${folder.name}`, options);
    const divided = await divideByLists(reader, splits, faults, places);
    return {
      root: reader.root,
      ...own,
      splits: divided.splits,
      imageFolders: places.map(({ below }) => below.images).filter((folder) => folder !== ''),
      faults: [...reader.faults, ...own.faults, ...divided.faults],
      notes: [
        ...notes,
        ...places.flatMap(({ note }) => note ?? []),
        ...divided.notes,
        ...(await unreadNotes(reader, places)),
      ],
    };
  },
};

/**
 * A folder of photographs that have no labels at all.
 *
 * @param classes unless the options name a class file
 * @returns undefined if it holds labels, or no photograph
 */
export async function scanPhotographs(
  folder: Folder,
  options: OpenOptions,
  classes: ClassMap,
): Promise<FileTree | undefined> {
  const reader = await FolderReader.open(folder, options);
  const places = await findPlaces(reader);
  if (places.some(({ labels }) => labels.length > 0)) return undefined;
  const splits = newSplits();
  for (const place of places) {
    const { items } = pairFiles(reader, {
      ...place,
      shared: [{ image: (path) => path, label: () => undefined }],
      group: (path) => folderOf(path),
      unlabelled: true,
    });
    if (items.length > 0) splits[place.split] = [...(splits[place.split] ?? []), ...items];
  }
  if (Object.keys(splits).length === 0) return undefined;
  const named =
    options.classes === undefined ? classes : (await readClassFile(reader.files, options.classes)).classes;
  const divided = await divideByLists(reader, splits, [], places);
  return {
    root: reader.root,
    classes: named,
    rule: { by: 'value', trainIds: [...named.names.map((_, id) => [id, id] as const), [VOID, VOID]] },
    splits: divided.splits,
    faults: reader.faults,
    notes: divided.notes,
  };
}

/** Notes about folders of images that are not read. */
async function unreadNotes(reader: FolderReader, places: readonly Place[]): Promise<string[]> {
  const read = new Set<string>();
  for (const { images, labels } of places) {
    for (const path of [...images, ...labels]) read.add(folderOf(path));
  }
  const real = new Set<string | undefined>();
  for (const folder of read) real.add(await reader.real(folder));
  // A separate reader, so that unrelated files add no faults.
  const other = await FolderReader.open(reader.folder, reader);
  const unread: string[] = [];
  for (const [folder, files] of byFolder((await other.list('')).filter(isImageName))) {
    if (!real.has(await reader.real(folder)))
      unread.push(`${shown(folder)} (${files.length} ${files.length === 1 ? 'image' : 'images'})`);
  }
  return unread.length === 0 ? [] : [`Not read: ${few(unread)}.`];
}

async function noLabels(reader: FolderReader, places: readonly Place[]): Promise<HmsaError> {
  const files = await reader.list('');
  const found = [...byFolder(files)].map(
    ([folder, inside]) => `${shown(folder)} holds ${countByExtension(inside)}`,
  );
  const photographs = places.flatMap(({ images }) => images);
  const labels = places.flatMap(({ labels: paths }) => paths);
  const what =
    photographs.length === 0 && labels.length === 0
      ? 'no photographs'
      : labels.length === 0
        ? `no label image for any of ${photographs.length} photographs`
        : `labels whose names fit no photograph: ${photographs[0] ?? 'no photograph'} and ${labels[0]}`;
  const hasShapes = files.some((file) => /\.(txt|xml|json|npy)$/i.test(file));
  return new HmsaError({
    operation: `folder:${reader.root}`,
    expected: `a folder of photographs (${usualFolders.images}) beside one of label images (${usualFolders.labels}), below or above train/ and val/, or a_mask.png beside a.jpg`,
    received: found.length === 0 ? `${what} and no files` : `${what}; ${few(found, 12)}`,
    remedy: `${hasShapes && labels.length === 0 && photographs.length > 0 ? 'Boxes and polygons in text files are no label images: export them as PNG masks. ' : ''}Rename the folders, or list the pairs in a text file and use list:FILE.`,
  });
}

function byFolder(files: readonly string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const folder = folderOf(file);
    const known = folders.get(folder);
    if (known === undefined) folders.set(folder, [file]);
    else known.push(file);
  }
  return folders;
}

function countByExtension(files: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const file of files) counts.set(extensionOf(file), (counts.get(extensionOf(file)) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return few(
    sorted.map(
      ([extension, count]) => `${count} ${extension === '' ? 'without extension' : `.${extension}`}`,
    ),
  );
}

function shown(folder: string): string {
  return folder === '.' ? 'the folder itself' : `${folder}/`;
}
