import { HmsaError } from '../../base/errors/index.js';
import { type Fault, type Files, few, isImageName } from '../files/index.js';
import type { Found, PathIndex } from './path-index.js';

export interface ListLine {
  /** From 1, as in editors. */
  readonly number: number;
  readonly text: string;
  /** The photograph and its label first, if a header names their columns. */
  readonly cells?: readonly string[];
  /** The split, if a header names its column. */
  readonly split?: string;
}

type ReadsText = Pick<Files, 'readText'>;

/** 256 MiB hold millions of names. */
const LARGEST = 2 ** 28;

/**
 * The lines of a list that are not empty, without white space around them and without a header such as `image,mask`. If
 * a header names a column of photographs and one of labels, these columns are used, whatever others there are.
 *
 * @throws HmsaError when the file cannot be read or is not text
 */
export async function readLines(files: ReadsText, path: string): Promise<ListLine[]> {
  const text = await files.readText(path, { expected: 'a text file that lists photographs', limit: LARGEST });
  const lines = text
    .split(/\r\n|\n|\r/)
    .map((line, i) => ({ number: i + 1, text: line.trim(), raw: line }))
    .filter((line) => line.text !== '');
  const [head, ...rest] = lines;
  const columns = head && columnsOf(head.raw);
  if (columns === undefined) {
    const all = isHeader(head) ? rest : lines;
    return all.map(({ number, text: whole }) => ({ number, text: whole }));
  }
  const { divider, image, label, split } = columns;
  return rest.map(({ number, text: whole, raw }) => {
    const cells = cellsOf(raw, divider);
    const line = { number, text: whole };
    if (whole.startsWith('#') || cells[image] === undefined) return line;
    const name = split < 0 ? undefined : cells[split];
    return { ...line, cells: [cells[image], cells[label] ?? ''], ...(name && { split: name }) };
  });
}

const ending = '([ _-]?(name|path|file|id|url|map|image)s?)?';
const imageColumn = new RegExp(`^(the )?(image|img|photo(graph)?|picture|rgb|file)s?${ending}$`, 'i');
const labelColumn = new RegExp(
  `^(mask|label|annotation|seg(mentation)?|target|gt|ground[ _-]?truth)s?${ending}$`,
  'i',
);
const splitColumn = /^(split|set|subset|partition|phase)$/i;

/** The columns of photographs and labels that a header names; undefined unless exactly one column of each is named. */
function columnsOf(line: string) {
  for (const divider of dividers) {
    const cells = cellsOf(line, divider);
    const only = (form: RegExp) => {
      const found = cells.flatMap((cell, i) => (form.test(cell) ? [i] : []));
      return found.length === 1 ? found[0]! : -1;
    };
    const [image, label, split] = [only(imageColumn), only(labelColumn), only(splitColumn)];
    if (cells.length > 1 && image >= 0 && label >= 0) return { divider, image, label, split };
  }
  return undefined;
}

const columnName = [imageColumn, labelColumn, splitColumn, /^(id|index|no\.?|#|)$/i] as const;

/** A single column name may be the name of a photograph. Two are a header. */
function isHeader(line: ListLine | undefined): boolean {
  const names = dividers
    .map((divider) => cellsOf(line?.text ?? '', divider))
    .find((cells) => cells.length > 1);
  return names?.every((name) => columnName.some((form) => form.test(name))) ?? false;
}

const dividers = ['\t', ',', ';'] as const;
type Divider = (typeof dividers)[number];

/** The cells of a line. Quotes around a cell are removed, and a separator may stand between them. */
function cellsOf(text: string, divider: Divider): string[] {
  const cells: string[] = [];
  let rest = text;
  for (;;) {
    const quoted = /^\s*(?:"((?:[^"]|"")*)"|'([^']*)')\s*/.exec(rest);
    const after = quoted === null ? '' : rest.slice(quoted[0].length);
    if (quoted !== null && (after === '' || after.startsWith(divider))) {
      cells.push(quoted[1]?.replaceAll('""', '"') ?? quoted[2]!);
      if (after === '') return cells;
      rest = after.slice(1);
      continue;
    }
    const end = rest.indexOf(divider);
    cells.push((end < 0 ? rest : rest.slice(0, end)).trim());
    if (end < 0) return cells;
    rest = rest.slice(end + 1);
  }
}

/**
 * All ways to read a line as cells, the likeliest first: as one name, with white space, commas and all; separated by a
 * tab, a comma or a semicolon; separated by white space, which names may contain too. Only the existing files can
 * decide.
 */
export function readings({ text, cells }: Pick<ListLine, 'text' | 'cells'>): readonly (readonly string[])[] {
  return cells === undefined ? readingsOf(text) : [cells];
}

function readingsOf(text: string): string[][] {
  const ways = [[text], cellsOf(text, '\t')];
  for (const divider of dividers) ways.push(cellsOf(text, divider));
  ways.push(...bySpace(text));
  const seen = new Set<string>();
  return ways.filter((cells) => {
    const key = cells.join('\0');
    const isNew = !seen.has(key) && cells[0] !== '';
    seen.add(key);
    return isNew;
  });
}

/** A line with more gaps is a text, not names. */
const MOST_GAPS = 12;

/** Two cells and then three, divided at every gap; everything after the second is one cell. */
function bySpace(text: string): string[][] {
  const words = quotedWords(text);
  if (words.length < 2 || words.length > MOST_GAPS) return [];
  const join = (from: number, to: number) =>
    words
      .slice(from, to)
      .map(({ word, gap }, i) => (i === 0 ? word : gap + word))
      .join('');
  const ways: string[][] = [];
  for (let first = words.length - 1; first > 0; first--)
    ways.push([join(0, first), join(first, words.length)]);
  for (let first = words.length - 2; first > 0; first--) {
    for (let second = words.length - 1; second > first; second--) {
      ways.push([join(0, first), join(first, second), join(second, words.length)]);
    }
  }
  return ways;
}

function quotedWords(text: string): { word: string; gap: string }[] {
  return [...text.matchAll(/(\s*)(?:"([^"]*)"(?=\s|$)|'([^']*)'(?=\s|$)|(\S+))/g)].map(
    ([, gap = '', double, single, bare]) => ({ word: double ?? single ?? bare ?? '', gap }),
  );
}

/** Whether a line that begins with # is a remark rather than the name of a missing photograph. */
export function isRemark(text: string): boolean {
  return (
    text.startsWith('#') && (/^#+\s/.test(text) || !readingsOf(text).some(([name]) => isImageName(name!)))
  );
}

export interface Listed {
  /** In the order of the list, each once. */
  readonly paths: readonly string[];
  readonly missing: readonly MissingEntry[];
}

/** The labels of a set by path, and the label of each photograph. */
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
 * @param list its path
 * @param labels if given, labels that a line names are checked
 * @throws HmsaError when the list cannot be read, when a line fits several photographs or names a label that belongs to
 *   another, or when most lines fit none
 */
export async function readListed(
  files: ReadsText,
  list: string,
  index: PathIndex,
  labels?: ListedLabels,
): Promise<Listed> {
  const found = new Set<string>();
  const missing: MissingEntry[] = [];
  const lines = await readLines(files, list);
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

/** If a list names another label than the one with the matching name, its author wants pairs of their own. */
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
        'To pair by the lines of a list, use list:FILE. To pair by names, remove the labels from the list.',
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

/** @param list the name of the list in faults */
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
    received: `${missing.length === 1 ? 'a name that is' : `${missing.length} of ${total} that are`} missing: ${few(names)}`,
    remedy: `Remove or correct such lines, or add the photographs${hint(first!.elsewhere)}.`,
  });
}

function hint(elsewhere: readonly string[]): string {
  return elsewhere.length === 0 ? '' : `; of that name there is ${few(elsewhere)}`;
}
