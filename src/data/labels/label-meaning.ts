import { HmsaError } from '../../base/errors/index.js';
import type { Fault } from '../files/index.js';
import { type LabelRule, type LabelSet, packColor, VOID } from '../index.js';
import {
  describeKey,
  describeShare,
  type FileCensus,
  type LabelCensus,
  OTHER_KEYS,
  shownColorOf,
  storedValueOf,
  type Total,
} from './label-census.js';

/** What the label files of a set mean, decided once and over all of them. */
export interface LabelMeaning {
  readonly labels: LabelSet;
  readonly rule: LabelRule;
  /** What was taken and from where, a sentence. */
  readonly source: string;
  readonly notes: readonly string[];
  readonly faults: readonly Fault[];
}

/** The files that are decided on, and how messages call them and the set. */
export interface Labels extends LabelCensus {
  readonly operation: string;
  /** A path below the root. */
  readonly short: (path: string) => string;
}

/** One index that two palettes show in two colours. */
export interface PaletteConflict {
  readonly value: number;
  readonly files: readonly [string, string];
  readonly colors: readonly [number, number];
}

/** Where palettes disagree about an index that occurs: a tool has written them in an order of its own. */
export function paletteConflict(files: readonly FileCensus[]): PaletteConflict | undefined {
  const first = new Map<number, { path: string; color: number }>();
  for (const file of files) {
    if (file.kind !== 'palette') continue;
    for (const value of [...file.counts.keys()].sort((a, b) => a - b)) {
      const color = shownColorOf(file, value);
      if (color === undefined) continue;
      const before = first.get(value);
      if (before === undefined) first.set(value, { path: file.path, color });
      else if (before.color !== color)
        return { value, files: [before.path, file.path], colors: [before.color, color] };
    }
  }
  return undefined;
}

/** `index 1 is #804080 in a.png and #00008e in b.png`. */
export function describeConflict({ value, files, colors }: PaletteConflict, { short }: Labels): string {
  const [a, b] = colors.map((color) => describeKey(color, 'color'));
  return `palettes that differ: index ${value} is ${a} in ${short(files[0])} and ${b} in ${short(files[1])}`;
}

/** `0 (67%), 127 (11%), 255 (22%)`: the most frequent first. */
export function describeTotals(found: readonly Total[], all: number, by: 'value' | 'color'): string {
  const sorted = [...found].sort((a, b) => b.pixels - a.pixels);
  const shown = sorted
    .slice(0, 6)
    .map(({ key, pixels }) => `${describeKey(key, by)} (${describeShare(pixels, all)})`);
  return `${shown.join(', ')}${sorted.length > shown.length ? ` and ${sorted.length - shown.length} more` : ''}`;
}

/** Where 255 occurs beside other files that hold other numbers than 0, and never in one file with them. */
export function dividedBy255(files: readonly FileCensus[]): readonly [string, string] | undefined {
  let with255: string | undefined;
  let withOthers: string | undefined;
  for (const { kind, counts, path } of files) {
    if (kind === 'color') continue;
    const has255 = counts.has(255);
    const hasOthers = [...counts.keys()].some(
      (value) => value !== 0 && value !== 255 && value !== OTHER_KEYS,
    );
    if (has255 && hasOthers) return undefined;
    if (has255) with255 ??= path;
    if (hasOthers) withOthers ??= path;
  }
  return with255 === undefined || withOthers === undefined ? undefined : [with255, withOthers];
}

/** That the label files cannot be read as they are. */
export function refused(
  { operation }: Labels,
  expected: string,
  received: string,
  remedy: string,
): HmsaError {
  return new HmsaError({ operation, expected, received, remedy });
}

/** What all classes' names are given by, at the end of a message. */
export const NAME_THEM =
  'Name the classes in a classes.json beside the folders: {"classes": [{"name": "road", "id": 1}], "void": [{"name": "void", "id": 255}]}.';

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

/** The train id of each value, or of each packed colour. */
export function trainIdsOf({ trainIds }: LabelRule): Map<number, number> {
  return new Map(trainIds.map(([key, id]) => [typeof key === 'number' ? key : packColor(...key), id]));
}

/** How much of the label files a rule reads as classes, as void and not at all. */
export function evidenceOf({ files, pixels }: LabelCensus, rule: LabelRule, source: string): LabelEvidence {
  const trainIds = trainIdsOf(rule);
  const keyOf = rule.by === 'value' ? storedValueOf : shownColorOf;
  let [voidPixels, unknownPixels] = [0, 0];
  for (const file of files) {
    for (const [stored, count] of file.counts) {
      const trainId = stored === OTHER_KEYS ? undefined : trainIds.get(keyOf(file, stored) ?? OTHER_KEYS);
      if (trainId === undefined) unknownPixels += count.pixels;
      else if (trainId === VOID) voidPixels += count.pixels;
    }
  }
  return { source, files: files.length, pixels, voidPixels, unknownPixels };
}
