import {
  bareName,
  type Fault,
  type FolderReader,
  few,
  joinPath,
  lastName,
  pathFrom,
} from '../files/index.js';
import {
  type Item,
  isTestSplit,
  type ListedLabels,
  missingFaults,
  newSplits,
  noLabelAtAll,
  PathIndex,
  readListed,
  splitWords,
  usualSplitName,
} from '../pairs/index.js';
import { type Place, WHOLE } from './folder-places.js';

const listName = new RegExp(`^(?:${splitWords})[.](?:txt|lst|csv)$`, 'i');
/** `train_aug.txt`, `trainval.txt`: which of several lists of a split is meant is not known. */
const otherListName = /^(train|val|dev|test)[\w.-]+\.(txt|lst|csv)$/i;

/** Folders that may contain the lists of splits. The first one with lists is used. */
const listFolders = ['', 'ImageSets/Segmentation', 'ImageSets', 'splits', 'lists'];

export interface Divided {
  readonly splits: Readonly<Record<string, readonly Item[]>>;
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
}

/**
 * Divides a set without split folders by its train.txt, val.txt and test.txt, if they exist.
 *
 * @throws HmsaError as {@link readListed} does
 */
export async function divideByLists(
  reader: FolderReader,
  splits: Readonly<Record<string, readonly Item[]>>,
  faults: readonly Fault[],
  places: readonly Place[],
): Promise<Divided> {
  const { lists, others } = await findLists(reader, [...new Set(places.map(({ base }) => base))]);
  const whole = splits[WHOLE];
  const unread =
    others.length === 0
      ? []
      : [`${few(others, 6)}: not read as a split; --split ${reader.absolute(others[0]!)} reads one.`];
  if (lists.length === 0) return { splits, faults, notes: unread };
  if (whole === undefined) {
    return { splits, faults, notes: [`${few(lists, 6)} are not read: folders divide the set.`] };
  }
  const items = new Map(whole.map((item) => [pathFrom(reader.root, item.image), item]));
  const index = new PathIndex(
    reader.root,
    [...items.keys()],
    places.map(({ below }) => below.images).filter((folder) => folder !== ''),
  );
  const labels: ListedLabels = {
    index: new PathIndex(
      reader.root,
      places.flatMap((place) => place.labels),
      places.map(({ below }) => below.labels).filter((folder) => folder !== ''),
    ),
    labelOf: (image) => {
      const label = items.get(image)?.label;
      return label === undefined ? undefined : pathFrom(reader.root, label);
    },
  };
  const divided = newSplits();
  const splitsOf = new Map<string, string[]>();
  const found: Fault[] = [];
  for (const list of lists) {
    const split = usualSplitName(bareName(list).toLowerCase());
    if (divided[split] !== undefined) continue;
    const listed = await readListed(reader.files, reader.absolute(list), index, labels);
    divided[split] = listed.paths.map((path) => items.get(path)!);
    for (const path of listed.paths) splitsOf.set(path, [...(splitsOf.get(path) ?? []), split]);
    for (const fault of missingFaults(list, split, listed)) found.push(fault);
  }
  for (const fault of faults) {
    if (fault.split !== WHOLE) found.push(fault);
    else if (items.has(fault.file)) {
      for (const split of splitsOf.get(fault.file) ?? []) found.push({ ...fault, split });
    } else if (fault.kind !== 'missing label') {
      const { split: _, ...rest } = fault;
      found.push(rest);
    }
  }
  return {
    splits: divided,
    faults: [...withoutLabels(reader, divided), ...found],
    notes: [`Splits are those of ${few(lists, 6)}.`, ...unread, ...overlaps(items.size, splitsOf)],
  };
}

/** Splits for which the lists leave no labels, so that they cannot be trained on or scored. */
function withoutLabels(reader: FolderReader, splits: Readonly<Record<string, readonly Item[]>>): Fault[] {
  return Object.entries(splits).flatMap(([split, items]) =>
    isTestSplit(split) || items.length === 0 || items.some(({ label }) => label !== undefined)
      ? []
      : [
          noLabelAtAll(
            split,
            items.map(({ image }) => pathFrom(reader.root, image)),
          ),
        ],
  );
}

function overlaps(total: number, splitsOf: ReadonlyMap<string, readonly string[]>): string[] {
  const notes: string[] = [];
  const several = [...splitsOf].filter(([, splits]) => splits.length > 1);
  if (several.length > 0) {
    const [[path, splits]] = several as [[string, string[]]];
    notes.push(
      `${several.length === 1 ? '1 photograph is' : `${several.length} photographs are`} in several splits, such as ${path} in ${few(splits)}: scores on what was trained on mean nothing.`,
    );
  }
  if (splitsOf.size < total) notes.push(`${total - splitsOf.size} of ${total} photographs are in no list.`);
  return notes;
}

async function findLists(
  reader: FolderReader,
  bases: readonly string[],
): Promise<{ readonly lists: readonly string[]; readonly others: readonly string[] }> {
  for (const base of [...bases, '']) {
    for (const folder of listFolders) {
      const files = await reader.list(joinPath(base, folder), { deep: false });
      const lists = files.filter((file) => listName.test(lastName(file)));
      const others = files.filter((file) => !lists.includes(file) && otherListName.test(lastName(file)));
      if (lists.length + others.length > 0) return { lists, others };
    }
  }
  return { lists: [], others: [] };
}
