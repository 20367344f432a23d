import { printable } from '../../base/errors/index.js';
import type { Fault } from '../files/index.js';
import type { Dataset } from '../index.js';
import type { Assessment } from './assess.js';
import { asFiles, type Source } from './source.js';

/** A split that is used, and the messages about it. */
export interface TakenData {
  readonly dataset: Dataset;
  /** One line that says what is used. */
  readonly taken: string;
  /** Things that were left out without asking, one line for each kind. */
  readonly warnings: readonly string[];
  /** One line for each photograph that was left out by `skipBad`. It names the file. */
  readonly leftOut: readonly string[];
}

const SHOWN = 8;

/** @param verb such as `scoring on` */
export function takenData(verb: string, source: Source, assessed: Assessment): TakenData {
  return {
    dataset: assessed.dataset,
    taken: describeTaken(verb, source, assessed),
    warnings: describeIdle(assessed, namesPassedOver(source, assessed.split, true)),
    leftOut: assessed.leftOut,
  };
}

/**
 * Describes in one line what is used of a data set: the number of photographs, the classes and their origin, and the
 * share of pixels without a class.
 *
 * @param verb such as `training on`
 */
export function describeTaken(verb: string, source: Source, assessed: Assessment): string {
  const { names } = source.classes;
  const classes = `${names.length} ${names.length === 1 ? 'class' : 'classes'} (${few(names)})`;
  const line = `${amount(verb, assessed)} of ${printable(source.spec)}; ${classes}${shares(assessed)}.`;
  const notes = [...source.notes, ...holdOutOf(source, assessed)];
  return [line, ...notes.map((note) => printable(note, 2000))].join(' ');
}

function holdOutOf({ holdOut }: Source, { split }: Assessment): string[] {
  return holdOut !== undefined && split !== undefined && holdOut.makes(split) ? [holdOut.note] : [];
}

/**
 * A warning, in one line, for a set without splits: some photographs to score are not held out by training. Undefined
 * if there are none.
 */
export async function describeLearned(
  { holdOut }: Source,
  { dataset }: Assessment,
): Promise<string | undefined> {
  const files = asFiles(dataset);
  if (holdOut === undefined || files === undefined) return undefined;
  const learned = await holdOut.learned();
  const count = files.parts.items.filter(({ image }) => learned.has(image)).length;
  if (count === 0) return undefined;
  return (
    `training does not hold out ${count} of these ${files.length} ${files.length === 1 ? 'photograph' : 'photographs'}: if the model was trained on this set, ` +
    'it has seen them. The split val, without --seed, has none of them.'
  );
}

/** The same for a second split, without the facts that hold for both. */
export function describeAlso(verb: string, assessed: Assessment): string {
  return `${amount(verb, assessed)}${shares(assessed)}.`;
}

function amount(verb: string, { split, dataset, total }: Assessment): string {
  const count = dataset.length === total ? `${total}` : `${dataset.length} of ${total}`;
  const where = split === undefined ? '' : `, split ${printable(split)}`;
  const noun = asFiles(dataset) === undefined ? 'image' : 'photograph';
  return `${verb} ${count} ${total === 1 ? noun : `${noun}s`}${where}`;
}

function shares({ statistics, depth }: Assessment): string {
  const unscored = statistics === undefined ? '' : `; ${unscoredShare(statistics)} of the pixels unscored`;
  return depth === 'whole' ? unscored : `${unscored}; only the headers of photographs were checked`;
}

/** Everything that is left out without asking, one line for each kind, with its number and some names. */
export function describeIdle({ split, idle }: Assessment, others: readonly Fault[] = []): string[] {
  const byKind = new Map<string, string[]>();
  for (const { kind, file } of [...idle, ...others]) byKind.set(kind, [...(byKind.get(kind) ?? []), file]);
  return [...byKind].map(([kind, files]) => {
    const where = split === undefined ? '' : ` in split ${printable(split)}`;
    return `left out${where}: ${files.length} × ${kind}: ${few(files, 3)}`;
  });
}

/**
 * Faults of file names that do not affect paired photographs: labels and listed names without a photograph, and
 * ambiguous files. They are skipped and reported.
 *
 * @param withWhole also those that belong to no split
 */
export function namesPassedOver(source: Source, split: string | undefined, withWhole: boolean): Fault[] {
  return source.faults.filter(
    (fault) =>
      fault.kind !== 'missing label' &&
      (fault.split === undefined ? withWhole : split === undefined || fault.split === split),
  );
}

function few(names: readonly string[], shown = SHOWN): string {
  const more = names.length > shown ? [`… ${names.length - shown} more`] : [];
  return [...names.slice(0, shown).map((name) => printable(name, 80)), ...more].join(', ');
}

function unscoredShare({
  classPixels,
  voidPixels,
}: {
  classPixels: readonly number[];
  voidPixels: number;
}): string {
  const total = voidPixels + classPixels.reduce((sum, pixels) => sum + pixels, 0);
  if (voidPixels === 0 || total === 0) return '0%';
  const percent = (100 * voidPixels) / total;
  return percent < 0.1 ? 'under 0.1%' : `${percent.toFixed(1)}%`;
}
