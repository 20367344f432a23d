import { z } from 'zod';
import { checkArgument, HmsaError, isRecord } from '../../base/errors/index.js';
import { checkSchema } from '../../base/schema/index.js';
import { type Fault, type Files, type Folder, isBelow, pathFrom } from '../files/index.js';
import type { ClassMap, Dataset } from '../index.js';
import { layouts } from '../layouts/index.js';
import {
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

/** A data set whose names are read, once for all of its splits. */
export interface Source {
  /** `KIND:PATH`. */
  readonly spec: string;
  readonly classes: ClassMap;
  /** The splits that it has of itself. */
  readonly splits: readonly string[];
  /** What the names alone say. */
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
  /** Of a set without splits: what is held out as `val`. */
  readonly holdOut?: HoldOut;
  /** @throws HmsaError when there is no such split, it is empty, or a link leads out of the folder */
  open(split: string | undefined): Promise<Dataset>;
  /** The same for a report, which also tells of an empty split and of links. @throws HmsaError when there is no such split */
  view(split: string): Promise<Dataset>;
  /** How reports call a file: its path below the root. */
  nameOf(path: string): string;
}

/** The `train` and `val` that are made of a set without splits. */
export interface HoldOut {
  readonly note: string;
  /** Whether a split is one of the two. */
  makes(split: string): boolean;
  /** The photographs that training takes unless it is told otherwise, whatever blocks are asked for here. */
  learned(): Promise<ReadonlySet<string>>;
}

/**
 * A data set in a folder that is read by whatever functions it comes with: a browser's, an archive's, those of a test.
 *
 * @param kind the name of one of `layouts`
 * @throws HmsaError when there is no such kind, or nothing of its layout is there
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

/** A set that no files hold. @param location what follows the colon */
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

/** A set of files. @param make makes a data set of what was selected */
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
  return {
    spec,
    classes: tree.classes,
    ...(note !== undefined && { holdOut: holdOut(note) }),
    splits: Object.keys(tree.splits),
    faults: tree.faults,
    notes: tree.notes,
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

/** Photographs and labels that are files; undefined for what no file holds, which has no faults either. */
export function asFiles(dataset: Dataset): FolderDataset | undefined {
  return dataset instanceof FolderDataset ? dataset : undefined;
}

/** The splits that are trained on and scored where none is named. */
export const defaultSplits = { training: 'train', scoring: 'val' } as const;

/**
 * The split `train`, which training takes where none is named.
 *
 * @throws HmsaError that says which splits there are and how to train on them
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
