import type { ClassFile } from '../classes/index.js';
import { type LabelRule, VOID } from '../index.js';
import {
  describeShare,
  type FileCensus,
  OTHER_KEYS,
  shownColorOf,
  storedValueOf,
  type Total,
  totals,
} from './label-census.js';
import {
  describeConflict,
  describeTotals,
  dividedBy255,
  type LabelMeaning,
  type Labels,
  paletteConflict,
  refused,
  trainIdsOf,
} from './label-meaning.js';

/** A way to read the label files by the classes of a file, and the values that it does not explain. */
interface Reading {
  readonly by: 'value' | 'color';
  readonly rule: LabelRule;
  readonly trainIdOf: (file: FileCensus, stored: number) => number | undefined;
  /** Values that no class explains. */
  readonly unknown: readonly Total[];
  readonly unknownPixels: number;
  /** Pixels of 255 if no class has this value; they are void only by custom. */
  readonly unnamedPixels: number;
}

/** A larger unexplained share is a fault of the class file, a smaller one of single files. */
const MUCH = 0.01;

/**
 * Reads the label files by the classes of a class file: by their colours if it gives no ids, and by their ids if it
 * gives no colours. If it gives both, or the label files clearly hold the other kind, the label files decide. Palette
 * images are read by their colours or by their indices in the same way.
 *
 * @throws HmsaError when both ways fit and differ, when none can be right, or when palettes differ
 */
export function readByNames(labels: Labels, classes: ClassFile, classPath: string): LabelMeaning {
  const file = labels.short(classPath);
  const readings = [...(classes.hasColors ? [byColor(labels, classes)] : []), byValue(labels, classes)].sort(
    (a, b) => doubt(a) - doubt(b) || Number(a.by === 'value') - Number(b.by === 'value'),
  );
  const [first, second] = readings as [Reading, Reading?];
  const least = second !== undefined && classes.hasIds && doubt(second) === doubt(first) ? second : first;
  // Supervisely gives no name to 0. Only black remains unexplained by the colours, and the order of the file means
  // nothing.
  const colors = readings.find(({ by }) => by === 'color');
  const isBlackAlone = !classes.hasIds && colors?.unknown.every(({ key }) => key === 0);
  const chosen = colors !== undefined && isBlackAlone && !isAllUnknown(labels, colors) ? colors : least;
  if (classes.hasIds && second !== undefined) checkAgreement(labels, [first, second], file);
  if (chosen.by === 'value') checkValues(labels, classes, chosen, file);
  else checkColors(labels, classes, file);
  return {
    labels: classes,
    rule: chosen.rule,
    source: sourceOf(labels, classes, chosen, file),
    notes: [],
    faults: unexplained(labels, chosen, file),
  };
}

function isAllUnknown({ pixels }: Labels, { unknownPixels }: Reading): boolean {
  return unknownPixels === pixels;
}

/** Void by custom is a weaker reason for doubt than a value that nothing explains. */
function doubt({ unknownPixels, unnamedPixels }: Reading): number {
  return unknownPixels + unnamedPixels / 4;
}

function byColor(labels: Labels, classes: ClassFile): Reading {
  const trainIds = trainIdsOf(classes.byColor);
  const trainIdOf = (file: FileCensus, stored: number) =>
    trainIds.get(shownColorOf(file, stored) ?? OTHER_KEYS);
  return readingOf(labels, 'color', classes.byColor, trainIdOf);
}

function byValue(labels: Labels, classes: ClassFile): Reading {
  const trainIds = trainIdsOf(classes.byValue);
  const trainIdOf = (file: FileCensus, stored: number) =>
    trainIds.get(storedValueOf(file, stored) ?? OTHER_KEYS);
  return readingOf(labels, 'value', classes.byValue, trainIdOf, !names255(classes));
}

function names255(classes: ClassFile): boolean {
  return classes.labels.some(({ id }) => id === VOID);
}

function readingOf(
  labels: Labels,
  by: 'value' | 'color',
  rule: LabelRule,
  trainIdOf: Reading['trainIdOf'],
  is255Unnamed = false,
): Reading {
  const unknown = totals(labels.files, (file, stored) => {
    if (trainIdOf(file, stored) !== undefined) return undefined;
    return (by === 'value' ? storedValueOf(file, stored) : undefined) ?? shownColorOf(file, stored) ?? stored;
  });
  const sum = (found: readonly Total[]) => found.reduce((pixels, total) => pixels + total.pixels, 0);
  const unnamed = is255Unnamed
    ? totals(labels.files, (file, stored) => (storedValueOf(file, stored) === VOID ? VOID : undefined))
    : [];
  const unnamedPixels = sum(unnamed.filter(({ key }) => key === VOID));
  return { by, rule, trainIdOf, unknown, unknownPixels: sum(unknown), unnamedPixels };
}

/** If ids and colours both explain the files, they must agree. */
function checkAgreement(labels: Labels, [a, b]: readonly [Reading, Reading], file: string): void {
  if ([a, b].some((reading) => doubt(reading) > MUCH * labels.pixels)) return;
  for (const census of labels.files) {
    for (const stored of census.counts.keys()) {
      const [one, other] = [a, b].map(({ trainIdOf }) => trainIdOf(census, stored));
      if (one === undefined || other === undefined || one === other) continue;
      throw refused(
        labels,
        'ids and colours that agree',
        `${stored} in ${labels.short(census.path)}, which is another class by the ids than by the colours of ${file}`,
        'Remove the ids to read by colours, or the colours to read by ids.',
      );
    }
  }
}

function checkValues(labels: Labels, classes: ClassFile, reading: Reading, file: string): void {
  const { files, pixels, short } = labels;
  const colored = files.find(({ kind }) => kind === 'color');
  if (colored !== undefined && !classes.hasColors) {
    const found = totals([colored], shownColorOf);
    throw refused(
      labels,
      `label files of numbers, since ${file} gives no colours`,
      `colours in ${short(colored.path)}: ${describeTotals(found, colored.pixels, 'color')}`,
      'Give each class its colour: {"name": "road", "color": "#804080"}, or a table name,r,g,b.',
    );
  }
  if (classes.hasColors && !classes.hasIds) checkNumbers(labels, classes, reading, file);
  const conflict = paletteConflict(files);
  if (conflict !== undefined) {
    throw refused(
      labels,
      'one meaning for each index of the palette images',
      describeConflict(conflict, labels),
      `Give the classes in ${file} the colours of the palettes and no ids, or save the masks as grey images.`,
    );
  }
  if (reading.unnamedPixels === 0) return;
  const values = totals(files, storedValueOf);
  const rest = values.filter(({ key }) => key !== 0 && key !== VOID);
  const restPixels = rest.reduce((sum, total) => sum + total.pixels, 0);
  const outweighs = values.some(({ key }) => key === 0) && reading.unnamedPixels > 4 * restPixels;
  const divided = reading.unnamedPixels >= 0.005 * pixels ? dividedBy255(files) : undefined;
  if (!outweighs && divided === undefined) return;
  const where = divided === undefined ? '' : `, in ${divided.map(short).join(' and in ')}`;
  throw refused(
    labels,
    `values that ${file} names`,
    `${describeTotals(values, pixels, 'value')}${where}: 255 may be void or a class`,
    `Say in ${file} what 255 is: the "id" of a class, or of a label under "void".`,
  );
}

/** Numbers in the order of the file are a guess. The colours that a viewer shows must not contradict it. */
function checkNumbers(labels: Labels, classes: ClassFile, reading: Reading, file: string): void {
  const { trainIdOf } = byColor(labels, classes);
  for (const census of labels.files) {
    for (const stored of census.counts.keys()) {
      const [number, color] = [reading.trainIdOf(census, stored), trainIdOf(census, stored)];
      if (stored === VOID || number === undefined || color === undefined || number === color) continue;
      const [byNumber, byItsColor] = [number, color].map((id) => classes.classes.names[id] ?? 'void');
      throw refused(
        labels,
        `the colours that ${file} gives`,
        `${describeTotals(totals(labels.files, storedValueOf), labels.pixels, 'value')}, of which ${stored} is ` +
          `${byItsColor} by its colour and ${byNumber} by its place in ${file}`,
        `Give each class in ${file} the number that stands for it, as "id" or in a column id.`,
      );
    }
  }
}

function checkColors(labels: Labels, classes: ClassFile, file: string): void {
  const seen = new Map<string, number>();
  for (const [color, trainId] of classes.byColor.trainIds) {
    const other = seen.get(`${color}`);
    if (other !== undefined && other !== trainId) {
      const [a, b] = [other, trainId].map((id) => (id === VOID ? 'void' : classes.classes.names[id]));
      throw refused(
        labels,
        `a colour of its own for each class in ${file}`,
        `[${color}] twice (${a}, ${b})`,
        'Give them different colours, those of the masks; or ids, if the masks hold numbers.',
      );
    }
    seen.set(`${color}`, trainId);
  }
}

function sourceOf(labels: Labels, classes: ClassFile, { by }: Reading, file: string): string {
  const count = classes.classes.names.length;
  const classesOf = `${count} ${count === 1 ? 'class was' : 'classes were'} taken from ${file}`;
  if (labels.files.length === 0) return `${classesOf}.`;
  if (by === 'color')
    return `${classesOf}, and the label files read by ${count === 1 ? 'its' : 'their'} colours.`;
  if (classes.hasIds) return `${classesOf}, and the label files read by their ids.`;
  const numbers = `the label files read by numbers from 0 on, in the order of the file`;
  return `${classesOf}, and ${numbers}${classes.hasColors ? ', since they do not hold its colours' : ''}.`;
}

function unexplained(labels: Labels, reading: Reading, file: string): LabelMeaning['faults'] {
  const { unknownPixels, unknown, by } = reading;
  if (unknownPixels <= MUCH * labels.pixels) return [];
  const kind = by === 'value' && labels.files.some((census) => census.kind === 'color') ? 'color' : by;
  const detail =
    `its ${by === 'value' ? 'ids' : 'colours'} leave ${describeShare(unknownPixels, labels.pixels)} of the label ` +
    `pixels without a meaning: ${describeTotals(unknown, labels.pixels, kind)}, first in ${labels.short(unknown[0]!.file)}` +
    (unknown.length === 1 && unknown[0]!.key === 0 ? `; name it in ${file}, as a class or under "void"` : '');
  return [{ kind: 'unknown label', file, detail }];
}
