import type { ClassMap, Dataset } from '../../data/index.js';
import {
  datasetOf,
  type Fault,
  FileDataset,
  type FileTree,
  holdOutNote,
  isHeldOut,
  isInside,
  type OpenOptions,
  parseSpec,
  pathFrom,
  selectItems,
} from '../datasets/index.js';

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

/** @throws HmsaError when the kind or the folder is not there */
export async function openSource(spec: string, options: OpenOptions = {}): Promise<Source> {
  const { kind, location } = parseSpec(spec);
  if ('scan' in kind) return treeSource(spec, await kind.scan(location, options), options);
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

function treeSource(spec: string, tree: FileTree, { split: _, ...options }: OpenOptions): Source {
  const { blocks: _blocks, ...unlessTold } = options;
  const holdOut = (note: string): HoldOut => ({
    note,
    makes: (split) => isHeldOut(tree, split),
    async learned() {
      const items = await selectItems(tree, { ...unlessTold, split: 'train' });
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
    open: (split) => datasetOf(tree, { ...options, ...(split !== undefined && { split }) }),
    async view(split) {
      const { pixelLimit } = options;
      return new FileDataset({
        items: await selectItems(tree, { ...options, split }),
        classes: tree.classes,
        rule: tree.rule,
        ...(pixelLimit !== undefined && { pixelLimit }),
      });
    },
    nameOf: (path) => (isInside(tree.root, path) ? pathFrom(tree.root, path) : path),
  };
}

/** Photographs and labels that are files; undefined for what no file holds, which has no faults either. */
export function asFiles(dataset: Dataset): FileDataset | undefined {
  return dataset instanceof FileDataset ? dataset : undefined;
}
