import { HmsaError } from '../../base/errors/index.js';
import { isRemark, type ListLine, readings, readLines } from './list-file.js';
import { few } from './names.js';
import type { Found, PathIndex } from './path-index.js';
import type { Fault } from './tree.js';

export interface Listed {
  /** In the list's order, each once. */
  readonly paths: readonly string[];
  readonly missing: readonly MissingEntry[];
}

export interface MissingEntry extends ListLine {
  readonly elsewhere: readonly string[];
}

/**
 * The photographs that a list names.
 *
 * @param list absolute path
 * @throws HmsaError when the list cannot be read, when a line fits several photographs, or when most lines fit none
 */
export async function readListed(list: string, index: PathIndex): Promise<Listed> {
  const found = new Set<string>();
  const missing: MissingEntry[] = [];
  const lines = await readLines(list);
  for (const line of lines) {
    const result = find(index, line.text);
    if (result.kind === 'one') found.add(result.path);
    else if (result.kind === 'several') throw ambiguous(list, line, result.paths);
    else if (!isRemark(line.text) && !isCommentedOut(index, line.text)) missing.push({ ...line, ...result });
  }
  if (missing.length > lines.length / 2) throw mostMissing(list, missing, lines.length);
  return { paths: [...found], missing };
}

function find(index: PathIndex, text: string): Found {
  let nearest: Found = { kind: 'none', elsewhere: [] };
  for (const [name] of readings(text)) {
    const found = index.find(name!);
    if (found.kind !== 'none') return found;
    if (found.elsewhere.length > 0) nearest = found;
  }
  return nearest;
}

function isCommentedOut(index: PathIndex, text: string): boolean {
  return text.startsWith('#') && find(index, text.replace(/^#+\s*/, '')).kind !== 'none';
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
