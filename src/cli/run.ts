import { printable } from '../errors/index.js';
import { whatWentWrong } from './what-went-wrong.js';

/** What the exit codes of every command mean. */
export const ExitCode = { DONE: 0, ERROR: 1, SOME_FAILED: 2, INTERRUPTED: 130 } as const;

/** The reason of an abort by SIGINT. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/**
 * Runs the body of a command with a signal that Ctrl-C aborts; the body ends as soon as it can. A second Ctrl-C
 * ends the process at once.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(ExitCode.INTERRUPTED);
    controller.abort(new Interrupted('interrupted'));
  };
  process.on('SIGINT', stop);
  try {
    return await body(controller.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Says on stderr in one line what went wrong (with `debug` the stack too) and returns the exit code. */
export function report(error: unknown, { debug = false } = {}): number {
  if (error instanceof Interrupted) {
    process.stderr.write('hmsa: interrupted\n');
    return ExitCode.INTERRUPTED;
  }
  process.stderr.write(`hmsa: ${whatWentWrong(error)}\n`);
  if (debug && error instanceof Error) {
    const lines = String(error.stack).split('\n');
    process.stderr.write(`${lines.map((line) => printable(line, 2000)).join('\n')}\n`);
  }
  return ExitCode.ERROR;
}
