import { HmsaError, printable } from '../errors/index.js';

export interface JsonOptions {
  /** The remedy of errors; default `Mend the file.` */
  readonly remedy?: string;
  /** The longest text that is accepted, in UTF-16 units; default 64 Mi. */
  readonly longest?: number;
  /** The deepest nesting that is accepted, so that recursive code does not run out of stack; default 64. */
  readonly deepest?: number;
  /** Accept the key `__proto__`. Safe only if the caller reads the value with `Object.entries` alone. */
  readonly anyKey?: boolean;
}

const LONGEST = 64 * 1024 * 1024;
const DEEPEST = 64;

/**
 * Parses a JSON text. hmsa reads all JSON with this function. Unlike `JSON.parse`, it refuses deep nesting, a key that
 * occurs twice in one object (`JSON.parse` silently takes the last) and the key `__proto__`, which has a special meaning in
 * JavaScript. It skips a byte-order mark.
 *
 * @param name what errors call the text
 * @throws HmsaError that names the text when it is not valid JSON, too long, too deeply nested, or has such a key
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
    refuse('JSON', json.trim() === '' ? 'nothing' : reason(cause as Error), cause);
  }
  const key = doubtfulKey(json, anyKey);
  if (key !== undefined) {
    if (key === '__proto__' && !anyKey) refuse('no key __proto__', 'one');
    refuse('each key once', `${printable(key, 100)} twice in one object`);
  }
  return value;
}

/** The message of `JSON.parse`, in one short line. */
function reason({ message }: Error): string {
  return printable(message.replace(/\s+/g, ' '), 200);
}

/** The depth of nested brackets outside strings. Counting stops above `enough`. */
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

/** The first key that occurs twice in one object, or that is `__proto__`. Expects valid JSON. */
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

/** The index of the quotation mark that ends the string begun at `start`, or the length of the text if there is none. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const character = json[at];
    if (character === '"') return at;
    if (character === '\\') at++;
  }
  return json.length;
}

/** Whether the string that ends at `end` is a key: a colon follows it. */
function isKey(json: string, end: number): boolean {
  let at = end + 1;
  while (/\s/.test(json[at] ?? '')) at++;
  return json[at] === ':';
}
