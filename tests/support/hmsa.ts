import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { run } from '../../dist/cli/main.js';

const bin = new URL('../../bin/hmsa.js', import.meta.url).pathname;

export interface Outcome {
  /** The exit code; the name of the signal where that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** The built command line runs one command at a time in this process. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Runs the built command line in this process, because a process of its own spends a second of a core on its start. Tests
 * of signals, of several processes and of how a process ends use {@link start}.
 */
export function hmsa(...args: readonly string[]): Promise<Outcome> {
  const outcome = before.then(() => runHere(args));
  before = outcome.catch(() => {});
  return outcome;
}

async function runHere(args: readonly string[]): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  const streams = ['stdout', 'stderr'] as const;
  const own = streams.map((name) => process[name].write);
  const { exitCode } = process;
  process.exitCode = undefined;
  for (const name of streams)
    process[name].write = (piece: string | Uint8Array, ...rest: unknown[]) => {
      texts[name] += typeof piece === 'string' ? piece : Buffer.from(piece).toString();
      // As a stream tells that it has written: for a command that waits for it.
      const written = rest.at(-1);
      if (typeof written === 'function') process.nextTick(written);
      return true;
    };
  try {
    await run(args);
    return { code: Number(process.exitCode ?? 0), ...texts };
  } finally {
    streams.forEach((name, i) => {
      process[name].write = own[i]!;
    });
    process.exitCode = exitCode;
  }
}

/** Starts the built command line, to be watched and signalled. */
export function start(
  args: readonly string[],
  command: readonly string[] = [process.execPath, bin],
): { readonly child: ChildProcessWithoutNullStreams; readonly outcome: Promise<Outcome> } {
  const child = spawn(command[0]!, [...command.slice(1), ...args]);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
    });
  }
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code: code ?? signal!, ...texts }));
  });
  return { child, outcome };
}

/** Resolves once the child has said something that matches on stderr. */
export function said(child: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (piece: string) => {
      text += piece;
      if (pattern.test(text)) resolve();
    });
    child.on('close', () => reject(new Error(`ended without saying ${pattern}: ${text}`)));
  });
}
