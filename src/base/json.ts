import { HmsaError, printable } from './errors/index.js';

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
 * @throws HmsaError that names the text and the line and column where it is not valid JSON; also when it is too long, too
 *   deeply nested, or has such a key
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

/** Where a text is no JSON, and why. */
export interface JsonFault {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  readonly expected: string;
  readonly received: string;
}

/** The first place at which a text is no JSON (RFC 8259); undefined where there is none. Nesting is bounded by the caller. */
export function jsonFault(json: string): JsonFault | undefined {
  try {
    new Reader(json).whole();
    return undefined;
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    const before = json.slice(0, fault.at).split('\n');
    const { expected, received } = fault;
    return { line: before.length, column: before.at(-1)!.length + 1, expected, received };
  }
}

class Fault {
  constructor(
    readonly at: number,
    readonly expected: string,
    readonly received: string,
  ) {}
}

const TEXT = 'a text in double quotes';
const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
/** Other languages' values, and numbers in forms that JSON does not have. */
const word = /[^\s,:[\]{}"]{1,40}/y;

class Reader {
  #at = 0;

  constructor(readonly json: string) {}

  whole(): void {
    this.#value('a value');
    this.#space();
    if (this.#at < this.json.length) this.#fail('the end of the file', `${this.#found()} after its value`);
  }

  #value(expected: string): void {
    this.#space();
    const character = this.json[this.#at];
    if (character === '{') this.#list('}', () => this.#entry());
    else if (character === '[') this.#list(']', () => this.#value('a value'));
    else if (character === '"') this.#text();
    else this.#word(expected);
  }

  #word(expected: string): void {
    const start = this.#at;
    const found = this.#match(word);
    if (found !== undefined && ['true', 'false', 'null'].includes(found)) return;
    this.#at = start;
    if (found !== undefined && this.#match(number) === found) return;
    this.#at = start;
    this.#fail(expected, this.#found());
  }

  /** What is between two brackets, with commas. */
  #list(end: '}' | ']', one: () => void): void {
    const open = this.#at++;
    this.#space();
    if (this.json[this.#at] === end) {
      this.#at++;
      return;
    }
    for (;;) {
      one();
      this.#space();
      const character = this.json[this.#at];
      if (character === undefined) {
        const line = this.json.slice(0, open).split('\n').length;
        this.#fail(`a ${end} for the ${this.json[open]} of line ${line}`, 'the end of the file');
      }
      if (character !== ',' && character !== end) this.#fail(`a comma or ${end}`, this.#found());
      this.#at++;
      if (character === end) return;
      this.#space();
      if (this.json[this.#at] === end)
        this.#fail(`no comma before ${end}`, 'one', this.json.lastIndexOf(',', this.#at));
    }
  }

  #entry(): void {
    this.#space();
    if (this.json[this.#at] !== '"') this.#fail('a key in double quotes', this.#found());
    this.#text();
    this.#space();
    if (this.json[this.#at] !== ':') this.#fail('a colon after the key', this.#found());
    this.#at++;
    this.#value('a value after the colon');
  }

  #text(): void {
    const start = this.#at;
    for (this.#at++; this.#at < this.json.length; this.#at++) {
      const character = this.json[this.#at]!;
      if (character === '"') {
        this.#at++;
        return;
      }
      if (character < ' ') {
        const received = character === '\n' || character === '\r' ? 'a line break' : 'a control character';
        this.#fail(`${TEXT} that ends in its line`, `${received} within it`);
      }
      if (character !== '\\') continue;
      const known = /\\(["\\/bfnrt]|u[\da-fA-F]{4})/y;
      known.lastIndex = this.#at;
      const found = known.exec(this.json)?.[0];
      if (found === undefined)
        this.#fail('a backslash written as \\\\', `\\${this.json[this.#at + 1] ?? ''} within a text`);
      this.#at += found.length - 1;
    }
    this.#at = start;
    this.#fail(`${TEXT} with an end`, 'one without');
  }

  #space(): void {
    while (/[ \t\n\r]/.test(this.json[this.#at] ?? '')) this.#at++;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.json)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** The text at the current position, shortened for a message. */
  #found(): string {
    const character = this.json[this.#at];
    if (character === undefined) return 'the end of the file';
    if (character === "'") return 'single quotes';
    if (/\/[/*]|#/y.test(this.json.slice(this.#at, this.#at + 2)))
      return 'a comment, which JSON does not have';
    const start = this.#at;
    const found = this.#match(word);
    this.#at = start;
    if (found !== undefined) return found;
    return character === '"' ? 'a text' : character;
  }

  #fail(expected: string, received: string, at = this.#at): never {
    throw new Fault(at, expected, received);
  }
}
