import { HmsaError } from '../../base/errors/index.js';
import {
  canonical,
  type Fault,
  FolderReader,
  joinPath,
  nameOf,
  pathBelow,
  pathFrom,
  stemOf,
} from '../files/index.js';
import { type BlockOptions, camvid, camvidColorLabels, camvidIndexLabels, camvidSplitOf } from '../index.js';
import {
  type FileTree,
  type Item,
  type Layout,
  missingFaults,
  PathIndex,
  pairFiles,
  readListed,
} from '../pairs/index.js';

/** Thirty frames of the three training videos, in two blocks each. */
const blocks: Partial<BlockOptions> = { count: 30, blocks: 2, gap: 1 };

export const camvidKind: Layout = {
  name: 'camvid',
  layout:
    'train/ with trainannot/, val/ with valannot/ (11 classes); or 701_StillsRaw_full/ with LabeledApproved_full/',
  async scan(folder, options) {
    const reader = await FolderReader.open(folder, options);
    const folders = await reader.folders('');
    const splits = ['train', 'val', 'test'].filter((split) => folders.includes(split));
    if (splits.length > 0) return scanIndices(reader, splits);
    const images = await find(reader, folders, /^(701_?StillsRaw_?full|images)$/i);
    const labels = await find(reader, folders, /^(LabeledApproved_?full|labels?)$/i);
    if (images !== undefined && labels !== undefined) return scanColors(reader, images, labels);
    throw new HmsaError({
      operation: `camvid:${folder.name}`,
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
    const below = { images: split, labels: `${split}annot` };
    const labels = await reader.images(below.labels);
    const images = await listed(reader, split, await reader.images(split), faults);
    const imageName = (path: string) => canonical(stemOf(pathBelow(below.images, path)));
    const labelName = (path: string) => canonical(stemOf(pathBelow(below.labels, path)));
    const names = new Set(images.paths.map(imageName));
    const paired = pairFiles(reader, {
      split,
      images: images.paths,
      labels: images.isListed ? labels.filter((path) => names.has(labelName(path))) : labels,
      shared: [{ image: imageName, label: labelName }],
      group: videoOf,
      unlabelled: split === 'test' && labels.length === 0,
    });
    splits[split] = paired.items;
    for (const fault of paired.faults) faults.push(fault);
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

/** The photographs that SPLIT.txt lists, in its order; all if there is no such file. */
async function listed(reader: FolderReader, split: string, paths: readonly string[], faults: Fault[]) {
  const list = `${split}.txt`;
  if (!(await reader.exists(list))) return { paths, isListed: false };
  const index = new PathIndex(reader.root, paths, [split]);
  const found = await readListed(reader.files, reader.absolute(list), index);
  for (const fault of missingFaults(list, split, found)) faults.push(fault);
  return { paths: found.paths, isListed: true };
}

async function scanColors(reader: FolderReader, images: string, labels: string): Promise<FileTree> {
  const frames = await reader.images(images);
  const all = pairFiles(reader, {
    split: 'all',
    images: frames,
    labels: await reader.images(labels),
    shared: [
      { image: nameOf, label: nameOf },
      { image: nameOf, label: (path) => nameOf(path).replace(/_[LP]$/, '') },
    ],
    group: videoOf,
  });
  const splits: Record<string, Item[]> = {};
  const faults: Fault[] = [];
  for (const { split: _, ...fault } of all.faults) faults.push(fault);
  const splitOf = await splitByList(reader, frames, faults);
  for (const item of all.items) {
    const split = splitOf(pathFrom(reader.root, item.image));
    if (split === undefined) {
      faults.push({ kind: 'wrong name', file: item.id, detail: 'skipped: not a frame of the CamVid videos' });
    } else {
      splits[split] ??= [];
      splits[split].push(item);
    }
  }
  return {
    root: reader.root,
    classes: camvid,
    rule: camvidColorLabels.byColor,
    splits,
    faults: [...reader.faults, ...faults],
    notes: [],
    blocks,
  };
}

/** Divides by train.txt, val.txt and test.txt if they exist, otherwise in the usual way. */
async function splitByList(
  reader: FolderReader,
  frames: readonly string[],
  faults: Fault[],
): Promise<(frame: string) => string | undefined> {
  const index = new PathIndex(reader.root, frames);
  const splitOf = new Map<string, string>();
  for (const split of ['train', 'val', 'test']) {
    const list = `${split}.txt`;
    if (!(await reader.exists(list))) continue;
    const found = await readListed(reader.files, reader.absolute(list), index);
    for (const path of found.paths) splitOf.set(path, split);
    for (const fault of missingFaults(list, split, found)) faults.push(fault);
  }
  return splitOf.size > 0 ? (frame) => splitOf.get(frame) : (frame) => camvidSplitOf(nameOf(frame));
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
    if (inside !== undefined) return joinPath(folder, inside);
  }
  return undefined;
}

/** `0016E5` of `0016E5_07959`. */
function videoOf(path: string): string {
  return nameOf(path).split('_')[0]!;
}
