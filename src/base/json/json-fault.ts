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

  /** What stands here, in a few words. */
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
