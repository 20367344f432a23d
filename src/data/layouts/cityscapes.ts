import { HmsaError } from '../../base/errors/index.js';
import { type Fault, type Folder, FolderReader, folderOf, joinPath, lastName } from '../files/index.js';
import { cityscapes, cityscapesLabels, type LabelRule, VOID } from '../index.js';
import { type FileTree, type Item, type Layout, type OpenOptions, pairFiles } from '../pairs/index.js';

/** Ready train ids: 0 … 18, 255 for the rest. */
const trainIds: LabelRule = {
  by: 'value',
  trainIds: [...cityscapes.names.map((_, id) => [id, id] as const), [VOID, VOID]],
};

/** Fine labels, but coarse ones for `train_extra`, which has no others. */
export const cityscapesKind: Layout = {
  name: 'cityscapes',
  layout: 'leftImg8bit/ and gtFine/ (gtCoarse/ for train_extra), merged or in their unzipped folders',
  scan: (folder, options) =>
    scan(folder, options, (split) => (split === 'train_extra' ? 'gtCoarse' : 'gtFine')),
};

/** Only coarse labels. */
export const cityscapesCoarseKind: Layout = {
  name: 'cityscapes-coarse',
  layout: 'leftImg8bit/ and gtCoarse/, merged or in their unzipped folders',
  scan: (folder, options) => scan(folder, options, () => 'gtCoarse'),
};

/** The id of `unlabeled`. Coarse labels have it wherever nobody has drawn. */
const UNLABELED = 0;

const officialSplits = ['train', 'val', 'test', 'train_extra'];

type LabelFolder = 'gtFine' | 'gtCoarse';

async function scan(
  folder: Folder,
  options: OpenOptions,
  labelFolderOf: (split: string) => LabelFolder,
): Promise<FileTree> {
  const reader = await FolderReader.open(folder, options);
  const photographs = await filesBySplit(reader, 'leftImg8bit');
  if (photographs.size === 0) {
    throw new HmsaError({
      operation: `cityscapes:${folder.name}`,
      expected: 'a folder leftImg8bit with train, val or test in it, or leftImg8bit_trainvaltest/leftImg8bit',
      received: 'neither',
      remedy: 'Give the folder that the archives were unzipped in.',
    });
  }
  const labels = {
    gtFine: await filesBySplit(reader, 'gtFine'),
    gtCoarse: await filesBySplit(reader, 'gtCoarse'),
  };
  const ending = endingOf(
    [...photographs.keys()].flatMap((split) => labels[labelFolderOf(split)].get(split) ?? []),
  );
  const splits: Record<string, Item[]> = {};
  const faults: Fault[] = [];
  for (const [split, images] of photographs) {
    const labelFolder = labelFolderOf(split);
    // The label files of the test split are dummies. The benchmark's server keeps the real ones.
    const unlabelled = split === 'test';
    const paired = pairFiles(reader, {
      split,
      images,
      labels: unlabelled
        ? []
        : (labels[labelFolder].get(split) ?? []).filter((path) => path.endsWith(ending)),
      shared: [
        {
          image: (path) => frameOf(path, /_leftImg8bit\.[A-Za-z]+$/),
          label: (path) => frameOf(path, new RegExp(`_${labelFolder}${ending}$`)),
        },
      ],
      group: (path) => lastName(folderOf(path)),
      unlabelled,
    });
    splits[split] = paired.items;
    for (const fault of paired.faults) faults.push(fault);
  }
  return {
    root: reader.root,
    classes: cityscapes,
    rule: ending === '_labelIds.png' ? cityscapesLabels.byValue : trainIds,
    ...(ending === '_labelIds.png' && { unlabelled: [UNLABELED, VOID] }),
    splits,
    faults: [...reader.faults, ...faults],
    notes: ending === '_labelIds.png' ? [] : ['There are no labelIds files: labelTrainIds are read.'],
  };
}

/** Image files by split, below NAME/ and below ANY/NAME/. The archives can be unzipped in both ways. */
async function filesBySplit(reader: FolderReader, name: string): Promise<Map<string, string[]>> {
  const bySplit = new Map<string, string[]>();
  const parents = ['', ...(await reader.folders('')).filter((folder) => folder.startsWith(name))];
  for (const parent of parents) {
    const folder = joinPath(parent, name);
    for (const split of officialSplits) {
      const files = await reader.images(joinPath(folder, split));
      if (files.length > 0) bySplit.set(split, [...(bySplit.get(split) ?? []), ...files]);
    }
  }
  return bySplit;
}

function endingOf(labels: readonly string[]): '_labelIds.png' | '_labelTrainIds.png' {
  const hasOfficial = labels.some((path) => path.endsWith('_labelIds.png'));
  return hasOfficial || !labels.some((path) => path.endsWith('_labelTrainIds.png'))
    ? '_labelIds.png'
    : '_labelTrainIds.png';
}

/** City and frame, such as `aachen/aachen_000000_000019`. */
function frameOf(path: string, ending: RegExp): string | undefined {
  if (!ending.test(path)) return undefined;
  return joinPath(lastName(folderOf(path)), lastName(path).replace(ending, ''));
}
