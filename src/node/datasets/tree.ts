import type { BlockOptions, ClassMap, Dataset, LabelRule } from '../../data/index.js';

/** One photograph of a data set on disk. */
export interface Item {
  /** The path below the root, with `/` on every system; without extension, unless that alone tells two photographs apart. */
  readonly id: string;
  /** Absolute path. */
  readonly image: string;
  /** Absolute path; left out where the photograph has no label. */
  readonly label?: string;
  /** What keeps frames together that look alike: the video, the city, the folder. */
  readonly group: string;
  /** Of a photograph in `dev`, the contiguous block it was held out in, from 0: the unit of a bootstrap. */
  readonly block?: number;
}

/** What would break training or evaluation, told by names alone or by reading the files. */
export type FaultKind =
  | 'unreadable image'
  | 'unreadable label'
  | 'size mismatch'
  | 'unknown label'
  | 'void label'
  | 'too small'
  | 'missing label'
  | 'missing image'
  | 'missing split'
  | 'near-duplicate'
  | 'ambiguous name'
  | 'wrong name'
  | 'left out'
  | 'repeated link'
  | 'outside link';

export interface Fault {
  readonly kind: FaultKind;
  /** Path below the root. */
  readonly file: string;
  readonly split?: string;
  readonly detail: string;
}

/** Where the classes of a data set come from, and how much of its label files they explain. */
export interface LabelEvidence {
  /** What was taken and from where, a sentence. */
  readonly source: string;
  /** Label files that could be read, of all splits, and their pixels. */
  readonly files: number;
  readonly pixels: number;
  /** Of these pixels, those that are void: known and not scored. */
  readonly voidPixels: number;
  /** Of these pixels, those of values or colours that no class explains: faults of their files. */
  readonly unknownPixels: number;
}

/** What a layout's names say, before any pixel is read. Plain data: it crosses to worker threads as it is. */
export interface FileTree {
  /** Absolute path. */
  readonly root: string;
  readonly classes: ClassMap;
  /** How its label files become train ids. */
  readonly rule: LabelRule;
  /** Items by split, in a fixed order. */
  readonly splits: Readonly<Record<string, readonly Item[]>>;
  readonly faults: readonly Fault[];
  /** What was assumed, a sentence each. */
  readonly notes: readonly string[];
  /** Of sets whose classes are not defined by their kind. */
  readonly evidence?: LabelEvidence;
  /** The folders below the root whose subfolders lists may name; where left out the one that all photographs are in. */
  readonly imageFolders?: readonly string[];
  /** How `dev` is held out of `train`, where the set has a customary way. */
  readonly blocks?: Partial<BlockOptions>;
}

/** Splits by name. A list may be called `constructor.txt` or `__proto__.txt`, which names something of every other object. */
export function newSplits(): Record<string, readonly Item[]> {
  return Object.create(null);
}

/** Whether a split may well be without labels, as those of benchmarks are. */
export function isTestSplit(split: string): boolean {
  return /^test/i.test(split);
}

export interface OpenOptions {
  /**
   * One of the layout's splits; `dev` or `dev-train` (contiguous blocks held out of `train`, and what is neither
   * in nor beside them); `all`; or a text file that lists photographs. Of a set without splits, `val` and `train` are held
   * out likewise. All splits where left out.
   */
  readonly split?: string;
  /** Only these groups (cities, videos, folders); `!name` for all but it. */
  readonly groups?: readonly string[];
  /** A file of classes (JSON, CSV or text), for sets that do not define their own. */
  readonly classes?: string;
  /** How `dev` is held out; by default 10% in two blocks a group, one neighbour left out, seed 0. */
  readonly blocks?: Partial<BlockOptions>;
  /** Follow symbolic links out of the tree, which are refused by default. */
  readonly followLinks?: boolean;
  /** Images with more pixels are refused; 134 million (2²⁷) where left out. */
  readonly pixelLimit?: number;
}

/** A data set layout: an entry of the table of kinds. */
export interface FileKind {
  readonly name: string;
  /** One line for `--help`: what is expected below the path. */
  readonly layout: string;
  /** @throws HmsaError when nothing of the layout is there */
  scan(root: string, options: OpenOptions): Promise<FileTree>;
}

/** A data set that no files hold. */
export interface GeneratedKind {
  readonly name: string;
  readonly layout: string;
  readonly splits: readonly string[];
  /** @param location what follows the colon */
  open(location: string, options: OpenOptions): Promise<Dataset>;
}

export type DatasetKind = FileKind | GeneratedKind;
