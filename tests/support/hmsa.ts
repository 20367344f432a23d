import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

const bin = new URL('../../bin/hmsa.js', import.meta.url).pathname;

export interface Outcome {
  /** The exit code; the name of the signal where that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line. */
export function hmsa(...args: readonly string[]): Promise<Outcome> {
  return start(args).outcome;
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
