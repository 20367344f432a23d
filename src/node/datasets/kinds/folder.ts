import { posix } from 'node:path';
import { HmsaError } from '../../../errors/index.js';
import { FolderReader, stemOf } from '../folder-reader.js';
import { pairFiles } from '../pair.js';
import type { Fault, FileKind, Item } from '../tree.js';
import { nameOf, readNames } from './lists.js';
import { ownClasses } from './own-classes.js';

const imageFolders = /^(images?|imgs?|photos?|rgb|JPEGImages|leftImg8bit|inputs?|x)$/i;
const labelFolders = /^(masks?|labels?|annotations?|annots?|gt|ground_?truth|targets?|SegmentationClass|y)$/i;
const splitNames = /^(train(ing)?|val(id|idation)?|test(ing)?)$/i;
/** What tools add to a photograph's name for its mask. */
const maskSuffix = /[._-](masks?|labels?|gt|seg|segmentation|annot|L|P)$/i;

export const folderKind: FileKind = {
  name: 'folder',
  layout:
    'images/ and masks/ (or labels/, …), below train/ and val/ or above them, or side by side as a.jpg, a_mask.png',
  async scan(root, options) {
    const reader = await FolderReader.open(root, options);
    const pairs = await findPairs(reader);
    const splits: Record<string, Item[]> = {};
    const faults: Fault[] = [];
    for (const { split, images, labels, below } of pairs) {
      const paired = pairFiles(reader, {
        split,
        images,
        labels,
        imageKey: (path) => stemOf(relativeTo(path, below.images)),
        labelKey: (path) => stemOf(relativeTo(path, below.labels)).replace(maskSuffix, ''),
        group: (path) => posix.dirname(path),
        unlabelled: /^test/.test(split) && labels.length === 0,
      });
      splits[split] = [...(splits[split] ?? []), ...paired.items];
      faults.push(...paired.faults);
    }
    const items = Object.values(splits).flat();
    if (items.length === 0) throw nothing(root);
    const own = await ownClasses(reader, items, `folder:${root}`, options);
    return {
      root: reader.root,
      ...own,
      splits: await divideByLists(reader, splits, faults),
      faults: [...reader.faults, ...own.faults, ...faults],
    };
  },
};

interface Pairs {
  readonly split: string;
  readonly images: readonly string[];
  readonly labels: readonly string[];
  /** The folders that a photograph's and a label's paths are the same below. */
  readonly below: { readonly images: string; readonly labels: string };
}

async function findPairs(reader: FolderReader): Promise<Pairs[]> {
  const folders = await reader.folders('');
  const splits = folders.filter((name) => splitNames.test(name));
  // train/images and train/masks; train/ and trainannot/ or train_masks/; or all of train/ side by side.
  if (splits.length > 0) {
    return Promise.all(splits.map((folder) => pairsOfSplit(reader, folder, folders)));
  }
  const [images, labels] = [
    folders.find((n) => imageFolders.test(n)),
    folders.find((n) => labelFolders.test(n)),
  ];
  if (images === undefined || labels === undefined) return [await sideBySide(reader, '', 'all')];
  // images/train and masks/train, or all of images/.
  const inside = (await reader.folders(images)).filter((name) => splitNames.test(name));
  if (inside.length === 0) return [await siblings(reader, 'all', images, labels)];
  return Promise.all(
    inside.map((name) => siblings(reader, splitOf(name), posix.join(images, name), posix.join(labels, name))),
  );
}

async function pairsOfSplit(reader: FolderReader, folder: string, beside: readonly string[]): Promise<Pairs> {
  const inside = await reader.folders(folder);
  const images = inside.find((name) => imageFolders.test(name));
  const labels = inside.find((name) => labelFolders.test(name));
  if (images !== undefined && labels !== undefined) {
    return siblings(reader, splitOf(folder), posix.join(folder, images), posix.join(folder, labels));
  }
  const twin = beside.find(
    (name) => name.startsWith(folder) && labelFolders.test(name.slice(folder.length).replace(/^[._-]/, '')),
  );
  if (twin !== undefined) return siblings(reader, splitOf(folder), folder, twin);
  return sideBySide(reader, folder, splitOf(folder));
}

async function siblings(reader: FolderReader, split: string, images: string, labels: string): Promise<Pairs> {
  return {
    split,
    images: await reader.images(images),
    labels: await reader.images(labels),
    below: { images, labels },
  };
}

/** In one folder, a mask is a PNG, TIFF or WebP with a mask's suffix, or with the name of a JPEG beside it. */
async function sideBySide(reader: FolderReader, folder: string, split: string): Promise<Pairs> {
  const files = await reader.images(folder);
  const stems = new Map<string, string[]>();
  for (const file of files) stems.set(stemOf(file), [...(stems.get(stemOf(file)) ?? []), file]);
  const isMask = (file: string) => {
    if (/\.jpe?g$/i.test(file)) return false;
    const stem = stemOf(file);
    if (maskSuffix.test(stem) && stems.has(stem.replace(maskSuffix, ''))) return true;
    return (stems.get(stem) ?? []).some((other) => /\.jpe?g$/i.test(other));
  };
  return {
    split,
    images: files.filter((file) => !isMask(file)),
    labels: files.filter(isMask),
    below: { images: folder, labels: folder },
  };
}

/** Where no folders divide the set but train.txt, val.txt or test.txt do. */
async function divideByLists(
  reader: FolderReader,
  splits: Record<string, Item[]>,
  faults: Fault[],
): Promise<Record<string, Item[]>> {
  const all = splits.all;
  if (all === undefined) return splits;
  const byName = new Map(all.map((item) => [nameOf(item.image), item]));
  const divided: Record<string, Item[]> = {};
  for (const split of ['train', 'val', 'test']) {
    for (const list of [`${split}.txt`, `ImageSets/Segmentation/${split}.txt`]) {
      if (divided[split] !== undefined || !(await reader.exists(list))) continue;
      divided[split] = [];
      for (const name of await readNames(reader.absolute(list))) {
        const item = byName.get(name);
        if (item !== undefined) divided[split].push(item);
        else faults.push({ kind: 'missing image', file: name, split, detail: `${list} names it` });
      }
    }
  }
  return Object.keys(divided).length > 0 ? divided : splits;
}

function splitOf(folder: string): string {
  return folder
    .toLowerCase()
    .replace(/^training$/, 'train')
    .replace(/^valid(ation)?$/, 'val')
    .replace(/^testing$/, 'test');
}

function relativeTo(path: string, folder: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}

function nothing(root: string): HmsaError {
  return new HmsaError({
    operation: `folder:${root}`,
    expected: folderKind.layout,
    received: 'no photographs',
    remedy: 'Give the folder that holds both, or list the pairs in a text file and use list:FILE.',
  });
}
