import { printable } from './printable.js';

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
