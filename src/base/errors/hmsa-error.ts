/** What an error tells its reader: where it happened, what was expected, what was received, and what to do. */
export interface ErrorParts {
  /** The operation, option or file that failed, as the user knows it: `conv2d`, `--scales`, `a.png`. */
  readonly operation: string;
  readonly expected: string;
  readonly received: string;
  /** One sentence that says what to do; left out only where nothing can be done. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** Characters of a part in the message; a part may name several files. */
const LONGEST_PART = 2000;

/**
 * The only error class that `hmsa` throws for faults that a caller can cause or correct.
 *
 * Its message reads `operation: expected …, received …. Remedy.` on one line. Everything else that is thrown
 * is a bug in `hmsa` itself. The message has bounded length and is safe to print on a terminal (see `printable`).
 * The properties hold the parts unchanged.
 */
export class HmsaError extends Error {
  override readonly name = 'HmsaError';
  readonly operation: string;
  readonly expected: string;
  readonly received: string;
  readonly remedy: string | undefined;

  constructor(parts: ErrorParts) {
    const [operation, expected, received] = [parts.operation, parts.expected, parts.received].map((part) =>
      printable(part, LONGEST_PART),
    );
    const remedy = parts.remedy === undefined ? '' : ` ${printable(parts.remedy, LONGEST_PART)}`;
    super(`${operation}: expected ${expected}, received ${received}.${remedy}`, { cause: parts.cause });
    this.operation = parts.operation;
    this.expected = parts.expected;
    this.received = parts.received;
    this.remedy = parts.remedy;
  }
}

/**
 * Makes `instanceof HmsaError` true for errors of another copy of this module too: the command line is a bundle, and a data set
 * of one's own that it loads imports the package.
 */
const brand = Symbol.for('hmsa.HmsaError');
Object.defineProperty(HmsaError.prototype, brand, { value: true });
Object.defineProperty(HmsaError, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    return this === HmsaError
      ? typeof value === 'object' && value !== null && brand in value
      : // A class that extends it has instances of its own.
        Function.prototype[Symbol.hasInstance].call(this as typeof HmsaError, value);
  },
});

/** Runs a task. An HmsaError that it throws names the file as its operation. */
export async function withFile<T>(file: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof HmsaError)) throw error;
    const { expected, received, remedy } = error;
    throw new HmsaError({
      operation: file,
      expected,
      received,
      ...(remedy === undefined ? {} : { remedy }),
      cause: error,
    });
  }
}

/** Longer texts are shortened in the middle, so that the reader recognises both ends. */
const LONGEST = 400;

/**
 * A text that is safe to print on a terminal. Control characters, escape sequences, line breaks and marks that change the
 * direction of text are replaced by escapes (`\n`, `\u001b`, `\u202e`). Texts longer than `longest` characters are
 * shortened in the middle. Use it for names of files, classes and tensors, which come from outside; JSON output does not
 * need it.
 */
export function printable(text: string, longest = LONGEST): string {
  // An error about a wrong argument must not itself throw.
  if (typeof text !== 'string') {
    return printable(typeof text === 'object' ? Object.prototype.toString.call(text) : String(text), longest);
  }
  const characters = [...text.slice(0, 4 * longest + 4)];
  const cut =
    characters.length <= longest && text.length <= 4 * longest + 4
      ? characters
      : [
          ...characters.slice(0, longest >> 1),
          '…',
          ...[...text.slice(-4 * longest)].slice(1 - (longest >> 1)),
        ];
  return cut.map((character) => (unsafe.test(character) ? escaped(character) : character)).join('');
}

/** Controls, format characters (direction marks, zero-width, byte-order mark), separators of lines, lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return short[character] ?? (code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`);
}

/** How messages write the program in a command that can be copied: `hmsa` alone is on nobody's path but after `npm i -g`. */
export const program = 'npx hmsa';

/** A number with its noun: `1 tensor`, `2 tensors`, `1,200 classes`. @param plural where it is more than the noun and an s */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}
