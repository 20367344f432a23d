import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { printable } from '../base/errors/index.js';
import { runEndTasks } from '../node/files/index.js';
import { whatWentWrong } from './what-went-wrong.js';

/** The exit codes of every command. A command that another signal ends has 128 + its number, as in shells. */
export const ExitCode = { DONE: 0, ERROR: 1, SOME_FAILED: 2, INTERRUPTED: 130 } as const;

/** Ctrl-C, the request to terminate, and a closed terminal. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type EndSignal = (typeof signals)[number];

/**
 * One signal often comes more than once: npm and npx pass Ctrl-C on to a process that has also received it from the terminal, and
 * `timeout` sends to the process and then to its group. As many as these can make within this time are one.
 */
const ECHO_MS = 500;
const MOST_ECHOES = 2;

/** What has not ended by then says that it was told to: a computation can take long, and nothing would show. */
const ACKNOWLEDGE_MS = 1000;

/** The reason of an abort by a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  /** 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP. */
  readonly exitCode: number;

  constructor(by: EndSignal = 'SIGINT') {
    super('interrupted');
    this.exitCode = 128 + constants.signals[by];
  }
}

/** The exit code of a command that ended because of this signal's abort. */
export function exitCodeOf({ reason }: AbortSignal): number {
  return reason instanceof Interrupted ? reason.exitCode : ExitCode.INTERRUPTED;
}

/**
 * Runs the body of a command with a signal that Ctrl-C, SIGTERM and SIGHUP abort. The body then ends as soon as it can.
 * A second one ends the process at once.
 */
export async function interruptible<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let first = 0;
  let count = 0;
  let acknowledgement: NodeJS.Timeout | undefined;
  const stop = (by: EndSignal) => {
    count++;
    if (count === 1) {
      first = performance.now();
      controller.abort(new Interrupted(by));
      const what = 'hmsa: ending, after what is computed; Ctrl-C again ends at once\n';
      acknowledgement = setTimeout(() => process.stderr.write(what), ACKNOWLEDGE_MS);
      return;
    }
    // Signals that arrive during a long computation in this thread are delivered together afterwards. Their times mean
    // nothing then, but their number does.
    const isEcho = count <= 1 + MOST_ECHOES && performance.now() - first <= ECHO_MS;
    if (!isEcho) endAtOnce(by, stop);
  };
  for (const name of signals) process.on(name, stop);
  try {
    return await body(controller.signal);
  } finally {
    clearTimeout(acknowledgement);
    for (const name of signals) process.off(name, stop);
  }
}

/**
 * Ends the process by the signal itself. `process.exit` would wait for worker threads inside calls of ONNX Runtime,
 * which nothing can stop. One took 21 s for a large photograph.
 */
function endAtOnce(by: EndSignal, handler: (by: EndSignal) => void): void {
  runEndTasks();
  try {
    writeSync(process.stderr.fd, 'hmsa: ended at once\n');
  } catch {
    // The terminal was closed.
  }
  process.off(by, handler);
  process.kill(process.pid, by);
}

/** Prints an error on stderr in one line, with `debug` also its stack, and returns the exit code. */
export function report(error: unknown, { debug = false } = {}): number {
  if (error instanceof Interrupted) {
    process.stderr.write('hmsa: interrupted\n');
    return error.exitCode;
  }
  process.stderr.write(`hmsa: ${whatWentWrong(error)}\n`);
  if (debug && error instanceof Error) {
    const lines = String(error.stack).split('\n');
    process.stderr.write(`${lines.map((line) => printable(line, 2000)).join('\n')}\n`);
  }
  return ExitCode.ERROR;
}
