import { z } from 'zod';
import { checkArgument, HmsaError, isRecord } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { type Fault, type Files, type Folder, isBelow, pathFrom } from '../files/index.js';
import type { ClassMap, Dataset } from '../index.js';
import { layouts } from '../layouts/index.js';
import {
  devNote,
  type FileDatasetParts,
  type FileTree,
  FolderDataset,
  type GeneratedKind,
  holdOutNote,
  isHeldOut,
  type OpenOptions,
  openOptionsShape,
  partsOf,
  selectItems,
} from '../pairs/index.js';

/** A data set whose file names are read once for all of its splits. */
export interface Source {
  /** `KIND:PATH`. */
  readonly spec: string;
  readonly classes: ClassMap;
  /** The splits that it defines itself. */
  readonly splits: readonly string[];
  /** Faults that the names alone show. */
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
  /** For a set without splits: what is held out as `val`. */
  readonly holdOut?: HoldOut;
  /** @throws HmsaError when there is no such split, it is empty, or a link leads out of the folder */
  open(split: string | undefined): Promise<Dataset>;
  /**
   * The same for a report, which also describes empty splits and links. @throws HmsaError when there is no such split
   */
  view(split: string): Promise<Dataset>;
  /** The name of a file in reports: its path below the root. */
  nameOf(path: string): string;
}

/** The splits `train` and `val` that are made from a set without splits. */
export interface HoldOut {
  readonly note: string;
  /** Whether a split is one of the two. */
  makes(split: string): boolean;
  /** The photographs that training uses by default, whatever blocks are requested here. */
  learned(): Promise<ReadonlySet<string>>;
}

/**
 * Opens a data set in a folder that is read through the given functions: those of a browser, an archive or a test.
 *
 * @param kind the name of one of `layouts`
 * @throws HmsaError when there is no such kind, or the folder has nothing of its layout
 */
export async function openFolder(
  folder: Folder,
  kind = 'folder',
  options: OpenOptions = {},
): Promise<Source> {
  const operation = 'openFolder';
  const isFolder =
    isRecord(folder) &&
    isRecord(folder.files) &&
    [folder.root, folder.name].every((text) => typeof text === 'string');
  checkArgument(isFolder, operation, 'a folder as { files, root, name }', folder);
  const layout = layouts.find(({ name }) => name === kind);
  checkArgument(
    layout !== undefined,
    operation,
    `a kind, one of ${layouts.map(({ name }) => name).join(', ')}`,
    kind,
  );
  checkSchema(z.object(openOptionsShape), options, operation);
  const tree = await layout!.scan(folder, options);
  return treeSource(`${kind}:${folder.name}`, tree, options, folder.files);
}

/** A generated data set, without files. @param location the text after the colon */
export async function generatedSource(
  spec: string,
  kind: GeneratedKind,
  location: string,
  options: OpenOptions,
): Promise<Source> {
  const open = (split: string | undefined) =>
    kind.open(location, { ...options, ...(split !== undefined && { split }) });
  const { classes } = await open(kind.splits[0]);
  return {
    spec,
    classes,
    splits: kind.splits,
    faults: [],
    notes: [],
    open,
    view: open,
    nameOf: (path) => path,
  };
}

/** A data set of files. @param make makes a data set from the selected items */
export function treeSource(
  spec: string,
  tree: FileTree,
  { split: _, ...options }: OpenOptions,
  files: Files,
  make = (parts: FileDatasetParts) => new FolderDataset(parts, files),
): Source {
  const { blocks: _blocks, ...unlessTold } = options;
  const holdOut = (note: string): HoldOut => ({
    note,
    makes: (split) => isHeldOut(tree, split),
    async learned() {
      const items = await selectItems(tree, { ...unlessTold, split: 'train' }, files);
      return new Set(items.map(({ image }) => image));
    },
  });
  const note = holdOutNote(tree, options);
  const dev = devNote(tree);
  return {
    spec,
    classes: tree.classes,
    ...(note !== undefined && { holdOut: holdOut(note) }),
    splits: Object.keys(tree.splits),
    faults: tree.faults,
    notes: dev === undefined ? tree.notes : [...tree.notes, dev],
    open: async (split) =>
      make(await partsOf(tree, { ...options, ...(split !== undefined && { split }) }, files)),
    async view(split) {
      const { pixelLimit } = options;
      return make({
        items: await selectItems(tree, { ...options, split }, files),
        classes: tree.classes,
        rule: tree.rule,
        ...(pixelLimit !== undefined && { pixelLimit }),
        ...(tree.evidence && { evidence: tree.evidence }),
      });
    },
    nameOf: (path) => (isBelow(tree.root, path) ? pathFrom(tree.root, path) : path),
  };
}

/** The data set as files; undefined for a generated one, which has no faults. */
export function asFiles(dataset: Dataset): FolderDataset | undefined {
  return dataset instanceof FolderDataset ? dataset : undefined;
}

/** The splits that are used for training and scoring by default. */
export const defaultSplits = { training: 'train', scoring: 'val' } as const;

/**
 * The split `train`, the default for training.
 *
 * @throws HmsaError that names the existing splits and says how to train on them
 */
export async function openDefaultTraining(source: Source): Promise<Dataset> {
  try {
    return await source.open(defaultSplits.training);
  } catch (error) {
    if (!(error instanceof HmsaError) || source.splits.includes(defaultSplits.training)) throw error;
    const [only] = source.splits;
    throw new HmsaError({
      operation: `split of ${source.spec}`,
      expected: 'a split train',
      received: source.splits.join(', ') || 'none',
      remedy:
        source.splits.length === 1
          ? `To train on all photographs, without scores, add --split ${only} --validation none.`
          : `Name the split to train on by --split, and the one to score by --validation.`,
      cause: error,
    });
  }
}
