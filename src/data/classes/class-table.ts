import { nearName } from '../../base/errors/index.js';
import { type ClassEntry, type ClassFileProblem, colorOf, idOf, labelmeIgnore } from './class-entry.js';

interface Row {
  /** Number in the file, from 1. */
  readonly line: number;
  readonly text: string;
}

/** The content of a column. */
type Column = 'name' | 'id' | 'r' | 'g' | 'b' | 'color' | 'none';

/** The names that tools give to columns, without case, spaces and punctuation. */
const columnNames: Readonly<Record<Exclude<Column, 'none'>, readonly string[]>> = {
  name: ['name', 'classname', 'labelname', 'categoryname', 'title', 'class', 'label', 'category', 'object'],
  id: [
    'id',
    'value',
    'pixelvalue',
    'index',
    'idx',
    'classid',
    'labelid',
    'classindex',
    'pixel',
    'grey',
    'gray',
  ],
  r: ['r', 'red'],
  g: ['g', 'green'],
  b: ['b', 'blue'],
  color: ['color', 'colour', 'hex', 'rgb', 'colorhex', 'colorrgb', 'hexcolor', 'rgbcolor'],
};
/** Names that are a header if they are the whole first line. `object` is not one, because it may be a class. */
const loneHeaders = ['name', 'names', 'class', 'classname', 'label', 'labelname'];
/** Columns that do not concern label maps. */
const passedOver = ['description', 'comment', 'supercategory', 'hotkey', 'shape', 'pixels', 'frequency'];

/**
 * Columns of tables without a header, as tools write them. Forms with more columns come first, because a name may
 * contain white space: `0 0 0 background` is not class 0 with the name `0 0 background`.
 */
const forms: readonly (readonly Column[])[] = [
  ['id', 'name', 'r', 'g', 'b'],
  ['id', 'r', 'g', 'b', 'name'],
  ['name', 'id', 'r', 'g', 'b'],
  ['name', 'r', 'g', 'b'],
  ['r', 'g', 'b', 'name'],
  ['id', 'name', 'color'],
  ['name', 'color'],
  ['color', 'name'],
  ['id', 'name'],
  ['name', 'id'],
];

/**
 * Parses the classes in a text: one name on each line (labelme's `labels.txt`), a table with or without a header (CSV
 * with comma, semicolon or tab; Roboflow's `_classes.csv`; lines like `0 road`) or CVAT's `labelmap.txt`. Empty lines
 * and comments (`# …`) are skipped.
 *
 * @throws HmsaError that names the line, also for a text that looks like a table and is none of these, because its
 *   lines are not names
 */
export function parseClassTable(text: string, problem: ClassFileProblem): ClassEntry[] {
  const all = text
    .split(/\r\n|\r|\n/)
    .map((line, i): Row => ({ line: i + 1, text: line.trim() }))
    .filter(({ text }) => text !== '');
  const rows = all.filter(({ text }) => !isComment(text));
  const isCvat = all[0] !== undefined && /^#\s*label\s*:\s*color_rgb/i.test(all[0].text);
  if (isCvat) return rows.map((row) => cvatEntry(row, problem));
  if (rows.length === 0) return [];
  const divider = dividerOf(rows[0]!.text);
  const table = withoutRowNumbers(rows, divider);
  const header = headerOf(fieldsOf(table[0]!.text, divider));
  if (header !== undefined) return fromHeader(table, divider, header, problem);
  if (rows.every(({ text }) => looksLikeName(text))) return fromNames(rows);
  return fromTable(rows, problem);
}

/** `#804080 road` is a colour and a name, not a comment. */
function isComment(text: string): boolean {
  return text.startsWith('#') && !/^#[0-9a-f]{6}[\s,;]/i.test(text);
}

/** `label:color_rgb:parts:actions`, as in `road:128,64,128::`. */
function cvatEntry({ line, text }: Row, problem: ClassFileProblem): ClassEntry {
  const [name = '', color = '', ...rest] = text.split(':');
  const rgb = colorOf(color);
  if (name.trim() !== '' && rgb !== undefined && rest.length === 2) return { name: name.trim(), color: rgb };
  throw problem.at(`line ${line}`, 'label:red,green,blue:parts:actions', text);
}

/** The separator of a line: a tab, a semicolon or a comma, otherwise white space. */
function dividerOf(text: string): string {
  const bare = text.replace(/"[^"]*"/g, '');
  return ['\t', ';', ','].find((mark) => bare.includes(mark)) ?? ' ';
}

function fieldsOf(text: string, divider: string): string[] {
  if (divider === ' ') return text.split(/\s+/);
  const fields: string[] = [];
  const field = new RegExp(`\\s*(?:"((?:[^"]|"")*)"|([^${divider}]*))\\s*(?:${divider}|$)`, 'gy');
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) return text.split(divider).map((part) => part.trim());
    fields.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
  }
  if (text.endsWith(divider)) fields.push('');
  return fields;
}

/** Removes a first column without a name that counts the rows, as pandas writes it, or an empty last one. */
function withoutRowNumbers(rows: readonly Row[], divider: string): readonly Row[] {
  const all = rows.map(({ text }) => fieldsOf(text, divider));
  const [head, ...rest] = all as [string[], ...string[][]];
  const isNumbered = head[0] === '' && rest.every((fields, i) => fields[0] === `${i}`);
  const isOpen =
    head.length > 1 && all.every((fields) => fields.length === head.length && fields.at(-1) === '');
  if (divider === ' ' || !(isNumbered || isOpen)) return rows;
  const cut = ({ text, line }: Row): Row => ({
    line,
    text: isNumbered
      ? text.slice(text.indexOf(divider) + 1).trim()
      : text.slice(0, text.lastIndexOf(divider)),
  });
  return rows.map(cut);
}

/** The content of the columns; undefined if the line is not a header. `unknown` is the name of an unknown column. */
function headerOf(fields: readonly string[]): { columns: Column[]; unknown?: string } | undefined {
  const plain = fields.map((field) => field.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const kinds = Object.entries(columnNames) as [Column, readonly string[]][];
  const columns = plain.map((field) => kinds.find(([, names]) => names.includes(field))?.[0]);
  // `class,name` and `label,name` mean a number and a name.
  const names = columns.flatMap((column, i) => (column === 'name' ? [i] : []));
  const strong = names.find((i) => plain[i]!.endsWith('name'));
  if (names.length > 1 && strong !== undefined) {
    for (const i of names) if (i !== strong) columns[i] = columns.includes('id') ? undefined : 'id';
  }
  const known = columns.filter((column) => column !== undefined);
  const isHeader =
    known.includes('name') && (known.length > 1 || (plain.length === 1 && loneHeaders.includes(plain[0]!)));
  const looksLikeOne = known.length > 1 && known.length * 2 > fields.length;
  if (!isHeader && !looksLikeOne) return undefined;
  const unknown = fields.find((_, i) => columns[i] === undefined && !passedOver.includes(plain[i]!));
  const twice = known.find((column, i) => known.indexOf(column) !== i);
  const missing = known.includes('name') ? undefined : 'no column of names';
  const wrong = unknown ?? (twice === undefined ? missing : `two columns of the kind ${twice}`);
  return {
    columns: columns.map((column) => column ?? 'none'),
    ...(wrong !== undefined && { unknown: wrong }),
  };
}

function fromHeader(
  rows: readonly Row[],
  divider: string,
  { columns, unknown }: { columns: Column[]; unknown?: string },
  problem: ClassFileProblem,
): ClassEntry[] {
  const [head, ...rest] = rows;
  if (unknown !== undefined) {
    const near = nearName(unknown, ['name', 'id', 'color', 'red', 'green', 'blue']);
    const remedy = near === undefined ? 'Remove or rename that column.' : `Did you mean ${near}?`;
    const expected = 'only columns of name, id, r, g, b and color';
    const name = unknown === '' ? 'a column without a name' : unknown;
    throw problem.at(`line ${head!.line}`, expected, `${head!.text} (${name})`, remedy);
  }
  return rest.map((row) => {
    // White space may be part of a name, so only the other columns are counted.
    const fields = fieldsOf(row.text, divider);
    const entry = fields.length === columns.length ? entryOf(fields, columns) : undefined;
    if (entry !== undefined) return entry;
    throw problem.at(`line ${row.line}`, `values for ${head!.text}`, row.text);
  });
}

/** A table without a header, in which all rows have one form. */
function fromTable(rows: readonly Row[], problem: ClassFileProblem): ClassEntry[] {
  const read = (form: readonly Column[], { text }: Row) => {
    const divider = dividerOf(text);
    const entry = rowOf(text, divider, form);
    // CamVid's label_colors.txt separates by spaces and tabs.
    return entry ?? (divider === '\t' ? rowOf(text, ' ', form) : undefined);
  };
  let furthest = { count: -1, row: rows[0]! };
  for (const form of forms) {
    const entries = rows.map((row) => read(form, row));
    const wrong = entries.indexOf(undefined);
    if (wrong < 0) return entries as ClassEntry[];
    if (wrong > furthest.count) furthest = { count: wrong, row: rows[wrong]! };
  }
  const unlike = rows.filter(({ text }) => !looksLikeName(text));
  const { row } = 2 * unlike.length <= rows.length ? { row: unlike[0]! } : furthest;
  throw problem.at(
    `line ${row.line}`,
    'one name on each line, or a table with a header such as name,r,g,b or id,name',
    row.text,
    'Give the table such a header, or write the classes as JSON: ["road", "sky"].',
  );
}

function rowOf(text: string, divider: string, form: readonly Column[]): ClassEntry | undefined {
  // `0: road` and `road = 0`.
  const marked = text.replace(/^(\d+)\s*[:=]\s*/, `$1${divider}`).replace(/\s*[:=]\s*(\d+)$/, `${divider}$1`);
  const fields = fieldsOf(marked, divider);
  if (divider !== ' ' || fields.length <= form.length) return entryOf(fields, form);
  // A line with more words than columns has a name of several words.
  const at = form.indexOf('name');
  const extra = fields.length - form.length + 1;
  return entryOf(
    [...fields.slice(0, at), fields.slice(at, at + extra).join(' '), ...fields.slice(at + extra)],
    form,
  );
}

function entryOf(fields: readonly string[], columns: readonly Column[]): ClassEntry | undefined {
  if (fields.length !== columns.length) return undefined;
  const field = (column: Column) => fields[columns.indexOf(column)];
  const name = field('name');
  if (name === undefined || name === '' || /^\d+$/.test(name)) return undefined;
  const id = columns.includes('id') ? idOf(field('id')) : null;
  const parts = ['r', 'g', 'b'].map((column) => field(column as Column));
  const rgb = columns.includes('r') ? parts.map((part) => idOf(part) ?? -1) : field('color');
  const color = columns.includes('r') || columns.includes('color') ? colorOf(rgb) : null;
  if (id === undefined || color === undefined) return undefined;
  return { name, ...(id !== null && { id }), ...(color !== null && { color }) };
}

/**
 * Whether a text has no separators, no mark that begins an entry of YAML, no number before or after it, and is not a
 * path; or is in quotes.
 */
function looksLikeName(text: string): boolean {
  if (/^"[^"]+"$/.test(text)) return true;
  return !/[\t,;|{}[\]]|:\s|:$|^\d+([\s:=]|$)|[\s=:]\d+$|^#|^-\s|\.(png|jpe?g|tiff?|webp|bmp)$/i.test(text);
}

function fromNames(rows: readonly Row[]): ClassEntry[] {
  const names = rows.map(({ text }) => ({ name: text.replace(/^"(.*)"$/, '$1') }));
  // labelme counts from −1 if the first name is this one, and from 0 after it.
  return names[0]?.name === labelmeIgnore.name ? [...names.slice(1), labelmeIgnore] : names;
}
