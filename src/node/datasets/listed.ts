import { HmsaError } from '../../base/errors/index.js';
import { isRemark, type ListLine, readings, readLines } from './list-file.js';
import { few, isImageName } from './names.js';
import type { Found, PathIndex } from './path-index.js';
import type { Fault } from './tree.js';

export interface Listed {
  /** In the list's order, each once. */
  readonly paths: readonly string[];
  readonly missing: readonly MissingEntry[];
}

/** The labels of a set by paths, and which of them a photograph has. */
export interface ListedLabels {
  readonly index: PathIndex;
  readonly labelOf: (image: string) => string | undefined;
}

export interface MissingEntry extends ListLine {
  readonly elsewhere: readonly string[];
}

/**
 * The photographs that a list names.
 *
 * @param list absolute path
 * @param labels to hold lines to that name a label too
 * @throws HmsaError when the list cannot be read, when a line fits several photographs or names a label that belongs to
 *   another, or when most lines fit none
 */
export async function readListed(list: string, index: PathIndex, labels?: ListedLabels): Promise<Listed> {
  const found = new Set<string>();
  const missing: MissingEntry[] = [];
  const lines = await readLines(list);
  for (const line of lines) {
    const result = find(index, line);
    if (result.kind === 'one') {
      checkLabel(list, line, result.path, index, labels);
      found.add(result.path);
    } else if (result.kind === 'several') throw ambiguous(list, line, result.paths);
    else if (!isRemark(line.text) && !isCommentedOut(index, line.text)) missing.push({ ...line, ...result });
  }
  if (missing.length > lines.length / 2) throw mostMissing(list, missing, lines.length);
  return { paths: [...found], missing };
}

/** A list that names another label than the one that names bring together means pairs of its own. */
function checkLabel(
  list: string,
  line: ListLine,
  image: string,
  index: PathIndex,
  labels: ListedLabels | undefined,
): void {
  const own = labels?.labelOf(image);
  if (labels === undefined || own === undefined) return;
  for (const [name = '', label = ''] of readings(line)) {
    if (index.find(name).kind !== 'one') continue;
    const named = isImageName(label) ? labels.index.find(label) : undefined;
    if (named?.kind !== 'one' || named.path === own) return;
    throw new HmsaError({
      operation: `${list}, line ${line.number}`,
      expected: `${own}, the label whose name is that of ${image}`,
      received: `${named.path}`,
      remedy:
        'To pair by the lines of lists use list:FILE; to pair by names leave the labels out of the list.',
    });
  }
}

function find(index: PathIndex, line: Pick<ListLine, 'text' | 'cells'>): Found {
  let nearest: Found = { kind: 'none', elsewhere: [] };
  for (const [name] of readings(line)) {
    const found = index.find(name!);
    if (found.kind !== 'none') return found;
    if (found.elsewhere.length > 0) nearest = found;
  }
  return nearest;
}

function isCommentedOut(index: PathIndex, text: string): boolean {
  return text.startsWith('#') && find(index, { text: text.replace(/^#+\s*/, '') }).kind !== 'none';
}

/** @param list how the fault calls it */
export function missingFaults(list: string, split: string, { missing }: Listed): Fault[] {
  return missing.map(({ text, number, elsewhere }) => ({
    kind: 'missing image',
    file: text,
    split,
    detail: `line ${number} of ${list} names it${hint(elsewhere)}`,
  }));
}

/** @throws HmsaError when a line fits no photograph */
export function requireAll(list: string, listed: Listed): void {
  if (listed.missing.length > 0)
    throw mostMissing(list, listed.missing, listed.paths.length + listed.missing.length);
}

function ambiguous(list: string, { text, number }: ListLine, paths: readonly string[]): HmsaError {
  return new HmsaError({
    operation: `${list}, line ${number}`,
    expected: 'the name of one photograph',
    received: `${text}, which may be ${few(paths)}`,
    remedy: 'Write the path with its folders.',
  });
}

function mostMissing(list: string, missing: readonly MissingEntry[], total: number): HmsaError {
  const [first] = missing;
  const names = missing.map(({ text, number }) => `${text} (line ${number})`);
  return new HmsaError({
    operation: list,
    expected: 'names of photographs in the data set',
    received: `${missing.length === 1 ? 'a name that is' : `${missing.length} of ${total} that are`} not there: ${few(names)}`,
    remedy: `Remove or mend such lines, or add the photographs${hint(first!.elsewhere)}.`,
  });
}

function hint(elsewhere: readonly string[]): string {
  return elsewhere.length === 0 ? '' : `; of that name there is ${few(elsewhere)}`;
}
