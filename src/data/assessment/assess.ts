import { HmsaError, program } from '../../base/errors/index.js';
import type { Fault } from '../files/index.js';
import { type ClassStatistics, classStatistics, type Dataset } from '../index.js';
import { type Depth, type Examination, type ExamineMeans, examineAll, type Flaw } from './examine.js';
import { groupFaults } from './group-faults.js';
import { asFiles, type Source } from './source.js';

/** What a split is wanted for. */
export interface Use {
  readonly for: 'training' | 'scoring';
  /** The least side of a photograph that the model can score, in pixels; crops for training are filled up instead. */
  readonly leastSide: number;
}

/** Everything that stands between a photograph and a use of it. None: it can be used. */
export function flawsFor(use: Use, { flaws, size, hasLabel }: Examination, image: string): readonly Flaw[] {
  const more: Flaw[] = [];
  if (!hasLabel) {
    const remedy = 'Name a split with labels.';
    more.push({ kind: 'missing label', file: image, expected: 'a label map', received: 'none', remedy });
  }
  if (use.for === 'scoring' && size !== undefined && Math.min(size.width, size.height) < use.leastSide) {
    const expected = `at least ${use.leastSide}×${use.leastSide} pixels, for the model's stride at its smallest scale`;
    const remedy = 'Take larger photographs, or leave out the small scales.';
    more.push({
      kind: 'too small',
      file: image,
      expected,
      received: `${size.width}×${size.height}`,
      remedy,
    });
  }
  return [...flaws, ...more];
}

/**
 * Whether leaving a photograph out changes nothing that its user could want: there is nothing in it to learn from, or
 * nothing to score. A score without an unlabelled photograph would be that of another split, and has to be asked for.
 */
function isIdle(use: Use, flaws: readonly Flaw[]): boolean {
  return flaws.every(
    ({ kind }) => kind === 'void label' || (kind === 'missing label' && use.for === 'training'),
  );
}

export interface AssessOptions {
  /** Leave out what has faults, and list it, instead of refusing the whole. */
  readonly skipBad?: boolean;
  /** Awaited after each photograph. */
  readonly onProgress?: (done: number, total: number) => unknown;
  readonly signal?: AbortSignal;
}

/** What of a split can be used, and what not. */
export interface Assessment {
  /** The split, or undefined for all. */
  readonly split: string | undefined;
  /** What can be used, in the split's order. */
  readonly dataset: Dataset;
  /** Photographs of the split, what cannot be used among them. */
  readonly total: number;
  /** Left out since there is nothing to learn from or to score in it. */
  readonly idle: readonly Fault[];
  /** Left out on `skipBad`, a message each. */
  readonly leftOut: readonly string[];
  /** Of the labels that can be used; undefined for what no file holds, which is not read ahead. */
  readonly statistics?: ClassStatistics;
  /** How far photographs were read. */
  readonly depth: Depth;
}

/** Kinds of faults that an error names; `hmsa data inspect` names all. */
const SHOWN = 3;

/**
 * Reads a split before it is used, so that what is wrong with it shows before the first step and not after hours. Of a
 * split to score everything is decoded. Of one to train on all labels are, and all photographs up to 1 GiB of files;
 * above that only their headers are read, and damage behind them shows when a crop reaches it.
 *
 * @throws HmsaError when photographs or labels have faults and `skipBad` is not set, or when nothing is left to use
 */
export async function assess(
  source: Source,
  split: string | undefined,
  use: Use,
  { skipBad = false, onProgress, signal, ...means }: AssessOptions & ExamineMeans = {},
): Promise<Assessment> {
  const dataset = await source.open(split);
  const files = asFiles(dataset);
  const total = dataset.length;
  if (files === undefined) return { split, dataset, total, idle: [], leftOut: [], depth: 'whole' };
  const { depth, items } = await examineAll(dataset, {
    ...means,
    depth: use.for === 'scoring' ? 'whole' : 'affordable',
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  const found = items.map((item, index) => flawsFor(use, item, files.item(index).image));
  const idle = found.filter((flaws) => flaws.length > 0 && isIdle(use, flaws));
  const bad = found.filter((flaws) => !isIdle(use, flaws));
  const usable = [...found.keys()].filter((index) => found[index]!.length === 0);
  const what = nameOf(source, split);
  if (usable.length === 0) throw nothing(what, use, found, source.spec);
  if (bad.length > 0 && !skipBad) throw faulty(what, total, bad, source.spec);
  return {
    split,
    dataset: usable.length === total ? dataset : files.withItems(usable.map((index) => files.item(index))),
    total,
    idle: idle.map((flaws) => faultOf(source, flaws[0]!, split)),
    leftOut: bad.map((flaws) => errorOf(flaws[0]!).message),
    statistics: classStatistics(
      usable.map((index) => items[index]!.counts!),
      source.classes,
    ),
    depth,
  };
}

/** As a line of a report. */
export function faultOf(
  source: Source,
  { kind, file, expected, received }: Flaw,
  split: string | undefined,
): Fault {
  const detail = `expected ${expected}, received ${received}`;
  return { kind, file: source.nameOf(file), detail, ...(split !== undefined && { split }) };
}

/** `folder:photos, split val`. */
function nameOf({ spec }: Source, split: string | undefined): string {
  return split === undefined ? spec : `${spec}, split ${split}`;
}

function errorOf({ file, expected, received, remedy }: Flaw, also?: string): HmsaError {
  const remedies = [remedy, also].filter((text) => text !== undefined);
  return new HmsaError({
    operation: file,
    expected,
    received,
    ...(remedies.length > 0 && { remedy: remedies.join(' ') }),
  });
}

function faulty(what: string, total: number, bad: readonly (readonly Flaw[])[], spec: string): HmsaError {
  const first = bad.map(([flaw]) => flaw!);
  if (bad.length === 1) return errorOf(first[0]!, 'Mend or remove it, or leave it out with --skip-bad.');
  return new HmsaError({
    operation: what,
    expected: 'photographs with labels that fit them',
    received: `${bad.length} of ${total} with faults: ${listed(first)}`,
    remedy: `${remedyOf(first, spec)} Or leave them out with --skip-bad.`,
  });
}

/** That nothing is left to use, with the way out of what is wrong with most. */
function nothing(what: string, use: Use, found: readonly (readonly Flaw[])[], spec: string): HmsaError {
  const isUnlabelled = found.every((flaws) => flaws.some(({ kind }) => kind === 'missing label'));
  const first = found.map(([flaw]) => flaw!);
  if (!isUnlabelled && first.length === 1) return errorOf(first[0]!, 'Mend it, or name another split.');
  return new HmsaError({
    operation: what,
    expected: isUnlabelled
      ? 'photographs with label maps'
      : `photographs with labels to ${use.for === 'training' ? 'learn from' : 'score by'}`,
    received: isUnlabelled ? `${found.length} without one` : `${found.length} with faults: ${listed(first)}`,
    remedy: isUnlabelled
      ? `Name a labelled split; \`${program} data inspect ${spec}\` says what is in each.`
      : remedyOf(first, spec),
  });
}

/** What mends them, where one thing mends all; otherwise where they are named. */
function remedyOf(flaws: readonly Flaw[], spec: string): string {
  const remedies = new Set(flaws.map(({ remedy }) => remedy));
  const [only] = remedies;
  const all = `\`${program} data inspect ${spec}\` names all of them.`;
  return remedies.size === 1 && only !== undefined ? `${only} ${all}` : `Mend or remove them: ${all}`;
}

function listed(flaws: readonly Flaw[]): string {
  const groups = groupFaults(flaws, ({ expected, received }) => `expected ${expected}, received ${received}`);
  const shown = groups.slice(0, SHOWN).map(({ faults, detail }) => {
    const [{ kind, file, expected, received }] = faults;
    if (faults.length === 1) return `${kind}: ${file}: expected ${expected}, received ${received}`;
    return `${kind}: ${faults.length} files such as ${file}: ${detail}`;
  });
  const more = groups.slice(SHOWN).reduce((sum, { faults }) => sum + faults.length, 0);
  return `${shown.join('; ')}${more === 0 ? '' : `; and ${more} more`}`;
}
