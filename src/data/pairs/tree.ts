import { z } from 'zod';
import type { Fault, Folder } from '../files/index.js';
import type { BlockOptions, ClassMap, Dataset, LabelRule } from '../index.js';
import type { LabelEvidence } from '../labels/index.js';

/** One photograph of a data set in files. */
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

/** What {@link OpenOptions} may hold, key by key. */
export const openOptionsShape = {
  split: z.string().optional(),
  groups: z.array(z.string()).optional(),
  classes: z.string().optional(),
  blocks: z.record(z.string(), z.number()).optional(),
  followLinks: z.boolean().optional(),
  pixelLimit: z.number().positive().optional(),
} satisfies Record<keyof OpenOptions, z.ZodType>;

/** A data set layout: an entry of the table of layouts. */
export interface Layout {
  readonly name: string;
  /** One line for `--help`: what is expected below the path. */
  readonly layout: string;
  /** Whether a file may be named instead of a folder. */
  readonly mayBeFile?: boolean;
  /** @throws HmsaError when nothing of the layout is there */
  scan(folder: Folder, options: OpenOptions): Promise<FileTree>;
}

/** A data set that no files hold. */
export interface GeneratedKind {
  readonly name: string;
  readonly layout: string;
  readonly splits: readonly string[];
  /** @param location what follows the colon */
  open(location: string, options: OpenOptions): Promise<Dataset>;
}
