import { HmsaError, printable } from '../errors/index.js';
import { jsonFault } from './json-fault.js';

export interface JsonOptions {
  /** What to do where the text is no JSON; `Mend the file.` where left out. */
  readonly remedy?: string;
  /** Longer texts are refused, in UTF-16 units; 64 Mi where left out. */
  readonly longest?: number;
  /** Deeper nesting is refused: what walks over the value would run out of stack. 64 where left out. */
  readonly deepest?: number;
  /** Take the key `__proto__` for one like others: only entries are read, by `Object.entries` alone. */
  readonly anyKey?: boolean;
}

const LONGEST = 64 * 1024 * 1024;
const DEEPEST = 64;

/**
 * The value of a JSON text. Everything that hmsa reads as JSON goes through here: unlike `JSON.parse` it refuses
 * nesting without end, a key that is there twice (the last would win without a word) and the key `__proto__`, which
 * is no plain key to JavaScript. A byte-order mark is skipped.
 *
 * @param name what errors call the text
 * @throws HmsaError that names it and says what is wrong with it, and at which line and column
 */
export function parseJson(text: string, name: string, options: JsonOptions = {}): unknown {
  const { remedy = 'Mend the file.', longest = LONGEST, deepest = DEEPEST, anyKey = false } = options;
  const refuse = (expected: string, received: string, cause?: unknown): never => {
    throw new HmsaError({ operation: name, expected, received, remedy, cause });
  };
  if (text.length > longest) refuse(`at most ${longest} characters of JSON`, String(text.length));
  const json = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (depthOf(json, deepest) > deepest) refuse(`JSON nested at most ${deepest} deep`, 'deeper nesting');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    if (json.trim() === '') refuse('JSON', 'nothing', cause);
    const fault = jsonFault(json);
    if (fault === undefined) throw cause;
    const { line, column, expected, received } = fault;
    const operation = `${name}, line ${line}, column ${column}`;
    throw new HmsaError({ operation, expected, received: printable(received, 100), remedy, cause });
  }
  const key = doubtfulKey(json, anyKey);
  if (key !== undefined) {
    if (key === '__proto__' && !anyKey) refuse('no key __proto__', 'one');
    refuse('each key once', `${printable(key, 100)} twice in one object`);
  }
  return value;
}

/** How deep brackets nest, strings left out; more than `enough` is not counted further. */
function depthOf(json: string, enough: number): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < json.length && deepest <= enough; at++) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at);
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth);
    else if (character === '}' || character === ']') depth--;
  }
  return deepest;
}

/** The first key that one object holds twice, or that is `__proto__`. Expects valid JSON. */
function doubtfulKey(json: string, anyKey: boolean): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      const keys = open.at(-1);
      if (keys !== undefined && isKey(json, end)) {
        const key = JSON.parse(json.slice(at, end + 1)) as string;
        if (keys.has(key) || (key === '__proto__' && !anyKey)) return key;
        keys.add(key);
      }
      at = end;
    }
  }
  return undefined;
}

/** The index of the quotation mark that ends the string begun at `start`; the end of the text where none does. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const character = json[at];
    if (character === '"') return at;
    if (character === '\\') at++;
  }
  return json.length;
}

/** Whether a colon follows. */
function isKey(json: string, end: number): boolean {
  let at = end + 1;
  while (/\s/.test(json[at] ?? '')) at++;
  return json[at] === ':';
}
