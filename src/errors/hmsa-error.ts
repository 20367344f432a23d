/** What an error tells its reader: where it happened, what should have come, what came, and the way out. */
export interface ErrorParts {
  /** The operation, option or file that failed, as the user knows it: `conv2d`, `--scales`, `a.png`. */
  readonly operation: string;
  readonly expected: string;
  readonly received: string;
  /** One sentence that says what to do; left out only where nothing can be done. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/**
 * The one error class that `hmsa` throws for anything a caller can cause or mend.
 *
 * Its message reads `operation: expected …, received …. Remedy.` on one line. Everything else that is thrown
 * is a bug in `hmsa` itself.
 */
export class HmsaError extends Error {
  override readonly name = 'HmsaError';
  readonly operation: string;
  readonly expected: string;
  readonly received: string;
  readonly remedy: string | undefined;

  constructor(parts: ErrorParts) {
    const remedy = parts.remedy === undefined ? '' : ` ${parts.remedy}`;
    super(`${parts.operation}: expected ${parts.expected}, received ${parts.received}.${remedy}`, {
      cause: parts.cause,
    });
    this.operation = parts.operation;
    this.expected = parts.expected;
    this.received = parts.received;
    this.remedy = parts.remedy;
  }
}
