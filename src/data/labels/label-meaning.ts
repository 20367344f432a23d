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

/** The meaning of the label files of a set, decided once for all of them. */
export interface LabelMeaning {
  readonly labels: LabelSet;
  readonly rule: LabelRule;
  /** The classes that are used and their origin, in a sentence. */
  readonly source: string;
  readonly notes: readonly string[];
  readonly faults: readonly Fault[];
}

/** The label files to decide on, and how messages call them. */
export interface Labels extends LabelCensus {
  readonly operation: string;
  /** A path below the root. */
  readonly short: (path: string) => string;
}

/** An index to which two palettes give different colours. */
export interface PaletteConflict {
  readonly value: number;
  readonly files: readonly [string, string];
  readonly colors: readonly [number, number];
}

/**
 * Finds an index that occurs and has different colours in two palettes. Some tools write palettes in an order of their
 * own.
 */
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

/** Two files of which one has 255 and the other has other numbers than 0, if no file has both. */
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

/** The error for label files that cannot be read safely. */
export function refused(
  { operation }: Labels,
  expected: string,
  received: string,
  remedy: string,
): HmsaError {
  return new HmsaError({ operation, expected, received, remedy });
}

/** How to name the classes, for the end of a message. */
export const NAME_THEM =
  'Name the classes in a classes.json beside the folders: {"classes": [{"name": "road", "id": 1}], "void": [{"name": "void", "id": 255}]}.';

/** The origin of the classes of a data set, and how much of its label files they explain. */
export interface LabelEvidence {
  /** The classes that are used and their origin, in a sentence. */
  readonly source: string;
  /** Number of readable label files of all splits, and of their pixels. */
  readonly files: number;
  readonly pixels: number;
  /** Number of pixels that are void: known, but not scored. */
  readonly voidPixels: number;
  /** Number of pixels with values or colours that no class explains, which are faults of their files. */
  readonly unknownPixels: number;
}

/** The train id of each value or packed colour. */
export function trainIdsOf({ trainIds }: LabelRule): Map<number, number> {
  return new Map(trainIds.map(([key, id]) => [typeof key === 'number' ? key : packColor(...key), id]));
}

/** Counts how much of the label files a rule reads as classes, as void and not at all. */
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
