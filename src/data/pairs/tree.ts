import { z } from 'zod';
import type { Fault, Folder } from '../files/index.js';
import type { BlockOptions, ClassMap, Dataset, LabelRule } from '../index.js';
import type { LabelEvidence } from '../labels/index.js';

/** One photograph of a data set of files. */
export interface Item {
  /** The path below the root, with `/` on every system; without extension, unless two photographs differ only in it. */
  readonly id: string;
  /** Absolute path. */
  readonly image: string;
  /** Absolute path; left out if the photograph has no label. */
  readonly label?: string;
  /** The group of similar frames that are never split: the video, the city, the folder. */
  readonly group: string;
  /** For a photograph in `dev`, its contiguous held-out block, numbered from 0: the unit of a bootstrap. */
  readonly block?: number;
}

/** A scanned layout, before any pixel is read. Plain data that can be sent to worker threads. */
export interface FileTree {
  /** Absolute path. */
  readonly root: string;
  readonly classes: ClassMap;
  /** How its label files become train ids. */
  readonly rule: LabelRule;
  /** Items by split, in a fixed order. */
  readonly splits: Readonly<Record<string, readonly Item[]>>;
  readonly faults: readonly Fault[];
  /** Assumptions, a sentence each. */
  readonly notes: readonly string[];
  /**
   * The stored values of pixels that nobody has labelled, where other values that are void name things, such as the car that
   * took the photograph. Default: all that are void.
   */
  readonly unlabelled?: readonly number[];
  /** For sets whose kind does not define the classes. */
  readonly evidence?: LabelEvidence;
  /** The folders below the root whose subfolders lists may name; default: the one that holds all photographs. */
  readonly imageFolders?: readonly string[];
  /** How `dev` is held out of `train`, if the set has a customary way. */
  readonly blocks?: Partial<BlockOptions>;
}

/**
 * Splits by name. A list may be called `constructor.txt` or `__proto__.txt`, which are properties of an ordinary
 * object.
 */
export function newSplits(): Record<string, readonly Item[]> {
  return Object.create(null);
}

/** Whether a split may lack labels, as in benchmarks. */
export function isTestSplit(split: string): boolean {
  return /^test/i.test(split);
}

export interface OpenOptions {
  /**
   * One of the splits of the layout; `dev` (contiguous blocks held out of `train`) or `dev-train` (what is neither in
   * nor beside them); `all`; or a text file that lists photographs. In a set without splits, `val` and `train` are held
   * out in the same way. Default: all splits.
   */
  readonly split?: string;
  /** Only these groups (cities, videos, folders); `!name` excludes one. */
  readonly groups?: readonly string[];
  /** A class file (JSON, CSV or text), for sets that do not define their own classes. */
  readonly classes?: string;
  /** How `dev` is held out; default: 10% in two blocks a group, with one neighbour left out and seed 0. */
  readonly blocks?: Partial<BlockOptions>;
  /** Follow symbolic links out of the folder; default: they are refused. */
  readonly followLinks?: boolean;
  /** Images with more pixels are refused; default 134 million (2²⁷). */
  readonly pixelLimit?: number;
}

/** The keys of {@link OpenOptions}. */
export const openOptionsShape = {
  split: z.string().optional(),
  groups: z.array(z.string()).optional(),
  classes: z.string().optional(),
  blocks: z.record(z.string(), z.number()).optional(),
  followLinks: z.boolean().optional(),
  pixelLimit: z.number().positive().optional(),
} satisfies Record<keyof OpenOptions, z.ZodType>;

/** The layout of a data set, as an entry of the list of layouts. */
export interface Layout {
  readonly name: string;
  /** One line for `--help`: the expected files below the path. */
  readonly layout: string;
  /** Whether a file may be named instead of a folder. */
  readonly mayBeFile?: boolean;
  /** Whether the classes of a set may be named in a file (`OpenOptions.classes`); else the layout has its own. */
  readonly takesClassFile?: boolean;
  /** @throws HmsaError when the folder has nothing of the layout */
  scan(folder: Folder, options: OpenOptions): Promise<FileTree>;
}

/** A generated data set, without files. */
export interface GeneratedKind {
  readonly name: string;
  readonly layout: string;
  readonly splits: readonly string[];
  /** @param location the text after the colon */
  open(location: string, options: OpenOptions): Promise<Dataset>;
}
