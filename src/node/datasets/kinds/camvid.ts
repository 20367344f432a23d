import { posix } from 'node:path';
import {
  type BlockOptions,
  camvid,
  camvidColorLabels,
  camvidIndexLabels,
  camvidSplitOf,
} from '../../../data/index.js';
import { HmsaError } from '../../../errors/index.js';
import { FolderReader } from '../folder-reader.js';
import { pairFiles } from '../pair.js';
import type { Fault, FileKind, FileTree, Item } from '../tree.js';
import { nameOf, readNames } from './lists.js';

/** Thirty frames of the three training videos, in two blocks each. */
const blocks: Partial<BlockOptions> = { count: 30, blocks: 2, gap: 1 };

export const camvidKind: FileKind = {
  name: 'camvid',
  layout:
    'train/ with trainannot/, val/ with valannot/ (11 classes); or 701_StillsRaw_full/ with LabeledApproved_full/',
  async scan(root, options) {
    const reader = await FolderReader.open(root, options);
    const folders = await reader.folders('');
    const splits = ['train', 'val', 'test'].filter((split) => folders.includes(split));
    if (splits.length > 0) return scanIndices(reader, splits);
    const images = await find(reader, folders, /^(701_?StillsRaw_?full|images)$/i);
    const labels = await find(reader, folders, /^(LabeledApproved_?full|labels?)$/i);
    if (images !== undefined && labels !== undefined) return scanColors(reader, images, labels);
    throw new HmsaError({
      operation: `camvid:${root}`,
      expected: `folders ${camvidKind.layout}`,
      received: folders.length === 0 ? 'no folders' : folders.slice(0, 6).join(', '),
      remedy: 'Give the folder that holds them.',
    });
  },
};

async function scanIndices(reader: FolderReader, names: readonly string[]): Promise<FileTree> {
  const splits: Record<string, Item[]> = {};
  const faults: Fault[] = [];
  for (const split of names) {
    const labels = await reader.images(`${split}annot`);
    const images = await listed(reader, split, await reader.images(split), faults);
    const paired = pairFiles(reader, {
      split,
      images: images.paths,
      labels: images.isListed ? labels.filter((path) => images.names.has(nameOf(path))) : labels,
      imageKey: nameOf,
      labelKey: nameOf,
      group: videoOf,
      unlabelled: split === 'test' && labels.length === 0,
    });
    splits[split] = paired.items;
    faults.push(...paired.faults);
  }
  return {
    root: reader.root,
    classes: camvid,
    rule: camvidIndexLabels.byValue,
    splits,
    faults: [...reader.faults, ...faults],
    notes: [],
    blocks,
  };
}

/** The photographs that SPLIT.txt lists, in its order; all where there is no such file. */
async function listed(reader: FolderReader, split: string, paths: readonly string[], faults: Fault[]) {
  const list = `${split}.txt`;
  if (!(await reader.exists(list))) return { paths, names: new Set<string>(), isListed: false };
  const names = new Set(await readNames(reader.absolute(list)));
  const byName = new Map(paths.map((path) => [nameOf(path), path]));
  for (const name of names) {
    if (byName.has(name)) continue;
    faults.push({ kind: 'missing image', file: `${split}/${name}`, split, detail: `${list} names it` });
  }
  return { paths: [...names].flatMap((name) => byName.get(name) ?? []), names, isListed: true };
}

async function scanColors(reader: FolderReader, images: string, labels: string): Promise<FileTree> {
  const frames = await reader.images(images);
  const splitOf = await splitByList(reader);
  const all = pairFiles(reader, {
    split: 'all',
    images: frames,
    labels: await reader.images(labels),
    imageKey: nameOf,
    labelKey: (path) => nameOf(path).replace(/_[LP]$/, ''),
    group: videoOf,
  });
  const splits: Record<string, Item[]> = {};
  const faults = [...reader.faults, ...all.faults.map(({ split: _, ...fault }) => fault)];
  for (const item of all.items) {
    const split = splitOf(nameOf(item.image));
    if (split === undefined) {
      faults.push({ kind: 'wrong name', file: item.id, detail: 'skipped: no frame of the CamVid videos' });
    } else {
      splits[split] = [...(splits[split] ?? []), item];
    }
  }
  return {
    root: reader.root,
    classes: camvid,
    rule: camvidColorLabels.byColor,
    splits,
    faults,
    notes: [],
    blocks,
  };
}

/** By train.txt, val.txt and test.txt where they are there, else as the frames are usually divided. */
async function splitByList(reader: FolderReader): Promise<(frame: string) => string | undefined> {
  const splitOf = new Map<string, string>();
  for (const split of ['train', 'val', 'test']) {
    if (!(await reader.exists(`${split}.txt`))) continue;
    for (const name of await readNames(reader.absolute(`${split}.txt`))) splitOf.set(name, split);
  }
  return splitOf.size > 0 ? (frame) => splitOf.get(frame) : camvidSplitOf;
}

/** The folder whose name matches, here or one folder down. */
async function find(
  reader: FolderReader,
  folders: readonly string[],
  name: RegExp,
): Promise<string | undefined> {
  for (const folder of folders) if (name.test(folder)) return folder;
  for (const folder of folders) {
    const inside = (await reader.folders(folder)).find((inner) => name.test(inner));
    if (inside !== undefined) return posix.join(folder, inside);
  }
  return undefined;
}

/** `0016E5` of `0016E5_07959`. */
function videoOf(path: string): string {
  return nameOf(path).split('_')[0]!;
}
