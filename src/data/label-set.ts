import { checkArgument } from '../base/errors/index.js';
import { checkClasses } from './check.js';
import { type ClassMap, type Rgb, VOID } from './contracts.js';
import type { LabelRule } from './label-rule.js';

/** A label in the files of a data set, scored or not. */
export interface Label {
  /** Its number in the files. */
  readonly id: number;
  readonly name: string;
  readonly color: Rgb;
  /** Its class in training and scoring; {@link VOID} if it has none. Several labels may share one. */
  readonly trainId: number;
}

/** All labels of a data set's files, and its classes. */
export interface LabelSet {
  readonly labels: readonly Label[];
  readonly classes: ClassMap;
  /** How label maps of numbers are read. The value 255 is void unless a label has it. */
  readonly byValue: LabelRule;
  /** How label maps of colours are read. */
  readonly byColor: LabelRule;
}

/**
 * A label set from rows of id, name, `#rrggbb` and train id.
 *
 * @param classes names and colours by train id, if several labels share one; default: those of the first label with
 *   each train id
 * @throws HmsaError that shows the wrong row
 */
export function labelSet(
  rows: readonly (readonly [id: number, name: string, color: string, trainId: number])[],
  classes?: ClassMap,
): LabelSet {
  checkArgument(Array.isArray(rows), 'labelSet', 'a list of rows', rows);
  for (const row of rows) checkArgument(isRow(row), 'labelSet', 'rows [id, name, #rrggbb, train id]', row);
  if (classes !== undefined) checkClasses(classes, 'labelSet, classes');
  return labelSetOf(
    rows.map(([id, name, color, trainId]) => ({ id, name, color: parseColor(color), trainId })),
    classes,
  );
}

function isRow(row: unknown): boolean {
  if (!Array.isArray(row)) return false;
  const [id, name, color, trainId] = row;
  const isTrainId = Number.isInteger(trainId) && trainId >= 0 && trainId <= VOID;
  return Number.isInteger(id) && typeof name === 'string' && /^#[\da-f]{6}$/i.test(color) && isTrainId;
}

/** The {@link labelSet} of given labels. */
export function labelSetOf(labels: readonly Label[], classes: ClassMap = classesOf(labels)): LabelSet {
  const values = new Map<number, number>([[VOID, VOID]]);
  for (const { id, trainId } of labels) values.set(id, trainId);
  return {
    labels,
    classes,
    byValue: { by: 'value', trainIds: [...values].sort(([a], [b]) => a - b) },
    byColor: { by: 'color', trainIds: labels.map(({ color, trainId }) => [color, trainId]) },
  };
}

function classesOf(labels: readonly Label[]): ClassMap {
  const scored = labels.filter(({ trainId }) => trainId !== VOID).sort((a, b) => a.trainId - b.trainId);
  return {
    names: scored.map(({ name }) => name),
    colors: scored.map(({ color }) => color),
    ids: scored.map(({ id }) => id),
    ignore: VOID,
  };
}

/** The colour of `#rrggbb`. */
export function parseColor(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `#rrggbb`. */
export function formatColor(color: Rgb): string {
  return `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
