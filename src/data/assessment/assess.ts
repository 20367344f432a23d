import { HmsaError, program } from '../../base/errors/index.js';
import type { Fault } from '../files/index.js';
import { type ClassStatistics, classStatistics, type Dataset } from '../index.js';
import { type Depth, type Examination, type ExamineMeans, examineAll, type Flaw } from './examine.js';
import { asFiles, type Source } from './source.js';

/** What a split is used for. */
export interface Use {
  readonly for: 'training' | 'scoring';
  /** The least side of a photograph that the model can score, in pixels. Crops for training are padded instead. */
  readonly leastSide: number;
}

/** All reasons why a photograph cannot be used in this way; empty if it can. */
export function flawsFor(use: Use, { flaws, size, hasLabel }: Examination, image: string): readonly Flaw[] {
  const more: Flaw[] = [];
  if (!hasLabel) {
    const remedy = 'Name a split with labels.';
    more.push({ kind: 'missing label', file: image, expected: 'a label map', received: 'none', remedy });
  }
  if (use.for === 'scoring' && size !== undefined && Math.min(size.width, size.height) < use.leastSide) {
    const expected = `at least ${use.leastSide}×${use.leastSide} pixels, for the model's stride at its smallest scale`;
    const remedy = 'Use larger photographs, or leave out scales below 1 if there are any.';
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
 * Whether a photograph can be left out without asking: there is nothing in it to train on, or nothing to score. A score
 * without an unlabelled photograph would be that of another split, so the user has to ask for it.
 */
function isIdle(use: Use, flaws: readonly Flaw[]): boolean {
  return flaws.every(
    ({ kind }) => kind === 'void label' || (kind === 'missing label' && use.for === 'training'),
  );
}

export interface AssessOptions {
  /** Leave out and list photographs with faults, instead of refusing the split. */
  readonly skipBad?: boolean;
  /** Awaited after each photograph. */
  readonly onProgress?: (done: number, total: number) => unknown;
  readonly signal?: AbortSignal;
}

/** The usable and the unusable photographs of a split. */
export interface Assessment {
  /** The split; undefined for all. */
  readonly split: string | undefined;
  /** The usable photographs, in the order of the split. */
  readonly dataset: Dataset;
  /** Number of photographs of the split, usable or not. */
  readonly total: number;
  /** Left out because there is nothing in them to train on or to score. */
  readonly idle: readonly Fault[];
  /** Left out by `skipBad`, a message for each. */
  readonly leftOut: readonly string[];
  /** Statistics of the usable labels; undefined for generated data sets, which are not read in advance. */
  readonly statistics?: ClassStatistics;
  /** How much of the photographs was read. */
  readonly depth: Depth;
}

/** The most kinds of faults that an error names. `hmsa data inspect` names all. */
const SHOWN = 3;

/**
 * Reads a split before its use, so that faults show before the first step and not after hours. In a split for scoring,
 * everything is decoded. In a split for training, all labels are, and all photographs if their files have up to 1 GiB
 * in all. Otherwise only the headers of photographs are read, and damage behind them shows when a crop reaches it.
 *
 * @throws HmsaError when photographs or labels have faults and `skipBad` is not set, or when nothing usable is left
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

/** A flaw as a line of a report. */
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
  if (bad.length === 1) return errorOf(first[0]!, 'Repair or remove it, or leave it out with --skip-bad.');
  return new HmsaError({
    operation: what,
    expected: 'photographs with labels that fit them',
    received: `${bad.length} of ${total} with faults: ${listed(first)}`,
    remedy: `${remedyOf(first, spec)} Or leave them out with --skip-bad.`,
  });
}

/** The error when nothing usable is left, with the remedy for the most frequent flaws. */
function nothing(what: string, use: Use, found: readonly (readonly Flaw[])[], spec: string): HmsaError {
  const isUnlabelled = found.every((flaws) => flaws.some(({ kind }) => kind === 'missing label'));
  const first = found.map(([flaw]) => flaw!);
  if (!isUnlabelled && first.length === 1) return errorOf(first[0]!, 'Repair it, or name another split.');
  return new HmsaError({
    operation: what,
    expected: isUnlabelled
      ? 'photographs with label maps'
      : `photographs with labels to ${use.for === 'training' ? 'train on' : 'score against'}`,
    received: isUnlabelled ? `${found.length} without one` : `${found.length} with faults: ${listed(first)}`,
    remedy: isUnlabelled
      ? `Name a labelled split; \`${program} data inspect ${spec}\` shows what each contains.`
      : remedyOf(first, spec),
  });
}

/** The remedy, if all flaws have the same; otherwise how to list them. */
function remedyOf(flaws: readonly Flaw[], spec: string): string {
  const remedies = new Set(flaws.map(({ remedy }) => remedy));
  const [only] = remedies;
  const all = `\`${program} data inspect ${spec}\` names all of them.`;
  return remedies.size === 1 && only !== undefined ? `${only} ${all}` : `Repair or remove them: ${all}`;
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

/** Several files with the same fault. */
export interface FaultGroup<T> {
  readonly faults: readonly [T, ...T[]];
  /** The fault, without details that differ from file to file. */
  readonly detail: string;
}

/** The number of pixels with a fault, which differs between files. */
const amounts = / \(\d+ px, [^)]*\)/g;

/** Groups faults that differ only in the file and the number of pixels, in the order of their first occurrence. */
export function groupFaults<T extends { readonly kind: string }>(
  faults: readonly T[],
  detailOf: (fault: T) => string,
): FaultGroup<T>[] {
  const groups = new Map<string, { faults: [T, ...T[]]; detail: string }>();
  for (const fault of faults) {
    const detail = detailOf(fault).replace(amounts, '');
    const key = `${fault.kind}\n${detail}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { faults: [fault], detail });
    else group.faults.push(fault);
  }
  return [...groups.values()];
}
