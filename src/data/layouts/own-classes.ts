import { HmsaError } from '../../base/errors/index.js';
import { readClassFile } from '../classes/index.js';
import { type Fault, type FolderReader, few, isBelow, joinPath, lastName, pathFrom } from '../files/index.js';
import type { ClassMap, LabelRule } from '../index.js';
import {
  detectClasses,
  evidenceOf,
  type LabelEvidence,
  type Labels,
  readByNames,
  takeCensus,
} from '../labels/index.js';
import type { Item, OpenOptions } from '../pairs/index.js';
import { roleOf } from './folder-places.js';

/** Usual names of class files. The first one that exists is used. */
const usualNames = [
  ...['classes.json', 'class_dict.csv', 'classes.csv', '_classes.csv', 'classes.txt', 'class_names.txt'],
  ...[
    'labelmap.txt',
    'label_colors.txt',
    'labels.txt',
    'codes.txt',
    'obj_class_to_machine_color.json',
    'id2label.json',
  ],
];

/** Whether a file is a class file by its name, and not a list of photographs. */
export function isClassFile(name: string): boolean {
  return /^class/i.test(name) || usualNames.includes(name.toLowerCase());
}

export interface OwnClasses {
  readonly classes: ClassMap;
  readonly rule: LabelRule;
  readonly notes: readonly string[];
  readonly evidence: LabelEvidence;
}

/**
 * The classes of a data set without a known kind: those of the given file, of a file in its folder, or detected from
 * the label files; and the meaning of all label files. Faults are added to those of the reader.
 *
 * @throws HmsaError when the class file cannot be read, or the label files cannot be read in one safe way
 */
export async function ownClasses(
  reader: FolderReader,
  items: readonly Item[],
  operation: string,
  options: OpenOptions,
): Promise<OwnClasses & { readonly faults: readonly Fault[] }> {
  const file = options.classes ?? (await usualFile(reader, items, operation));
  const classes = file === undefined ? undefined : await readClassFile(reader.files, file);
  const { pixelLimit } = options;
  const paths = [...new Set(items.flatMap(({ label }) => label ?? []))];
  const census = await takeCensus(reader.files, paths, pixelLimit === undefined ? {} : { pixelLimit });
  if (classes === undefined && census.files.length === 0 && paths.length > 0) {
    throw unreadable(operation, paths.length, census.failure);
  }
  const short = (path: string) => {
    const absolute = reader.files.absolute(path);
    return isBelow(reader.root, absolute) ? pathFrom(reader.root, absolute) : path;
  };
  const labels: Labels = { ...census, operation, short };
  const meaning = classes === undefined ? detectClasses(labels) : readByNames(labels, classes, file!);
  const { rule, source, notes, faults } = meaning;
  return {
    classes: meaning.labels.classes,
    rule,
    notes: [source, ...notes, ...(file === undefined ? await unreadClassFiles(reader) : [])],
    faults,
    evidence: evidenceOf(census, rule, source),
  };
}

/**
 * The class file with a usual name in the folder itself, otherwise in the folders between it and the files of the set.
 */
async function usualFile(
  reader: FolderReader,
  items: readonly Item[],
  operation: string,
): Promise<string | undefined> {
  for (const folders of [[''], ...foldersBetween(reader, items)]) {
    const found: string[] = [];
    for (const folder of folders) {
      const path = await firstOf(reader, folder);
      if (path !== undefined) found.push(reader.absolute(path));
    }
    if (found.length > 0) return theOne(reader, found, operation);
  }
  return undefined;
}

async function firstOf(reader: FolderReader, folder: string): Promise<string | undefined> {
  for (const name of usualNames) {
    const path = joinPath(folder, name);
    if (await reader.exists(path)) return path;
  }
  return undefined;
}

/**
 * The folders above those of photographs and labels, by their depth below the root. A class file among photographs or
 * labels belongs to another tool: the classes.txt of YOLO counts without a background.
 */
function foldersBetween(reader: FolderReader, items: readonly Item[]): string[][] {
  const depths: Set<string>[] = [];
  for (const { image, label } of items) {
    for (const path of [image, label]) {
      const parts = path === undefined ? [] : pathFrom(reader.root, path).split('/').slice(0, -1);
      if (parts[0] === '..') continue;
      const end = parts.findIndex((part) => roleOf(part).role !== undefined);
      const above = end < 0 ? parts : parts.slice(0, end);
      above.forEach((_, depth) => {
        depths[depth] ??= new Set();
        depths[depth].add(above.slice(0, depth + 1).join('/'));
      });
    }
  }
  return depths.map((folders) => [...folders]);
}

/** A note about files in the folder that look like lists of classes, but in a format that is not read or under another name. */
async function unreadClassFiles(reader: FolderReader): Promise<string[]> {
  const inFolder = await reader.list('', { deep: false });
  const isLike = (name: string) =>
    /^(_?class|label).*\.(json|csv|txt|tsv|ya?ml|xml|xlsx?)$|^data(set)?\.ya?ml$|\.names$/i.test(name);
  const unread = inFolder.filter((path) => isLike(lastName(path)));
  if (unread.length === 0) return [];
  return [
    `Not read for classes: ${few(unread)}. Write a classes.json, such as ["road", "sky"], or name a JSON, CSV or text file with --classes.`,
  ];
}

/** Roboflow and others put one into each split. @throws HmsaError when they differ */
async function theOne({ files }: FolderReader, found: readonly string[], operation: string): Promise<string> {
  const texts = await Promise.all(
    found.map((path) => files.readText(path, { expected: 'a file of classes' })),
  );
  const other = texts.findIndex((text) => text.trim() !== texts[0]!.trim());
  if (other < 0) return found[0]!;
  throw new HmsaError({
    operation,
    expected: `the same classes in each ${lastName(found[0]!)}`,
    received: `${found[0]} and ${found[other]}, which differ`,
    remedy: 'Name the right one with --classes.',
  });
}

function unreadable(operation: string, count: number, failure: unknown): unknown {
  if (!(failure instanceof HmsaError)) return failure;
  return new HmsaError({
    operation,
    expected: 'label files that can be read',
    received: `${count}, none of them readable (${failure.operation}: expected ${failure.expected}, received ${failure.received})`,
    ...(failure.remedy !== undefined && { remedy: failure.remedy }),
    cause: failure,
  });
}
