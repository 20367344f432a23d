import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** How a file was met; `wrong` says what is wrong with it. */
export type Outcome = 'read' | 'refused' | { readonly wrong: string };

/** What one file may take. */
export interface Limits {
  readonly seconds: number;
  /** Of memory, above what the process had before. */
  readonly bytes: number;
}

/** What a process is started with: a module that exports `openReaders`, and what that is given. */
export interface Start {
  readonly readers: URL;
  readonly folder: string;
  readonly samples: Readonly<Record<string, readonly Uint8Array[]>>;
}

const LOOK_EVERY_MS = 50;
const ENDED = 'the end of the process';

/**
 * Reads files in a process of its own, so that a file which hangs it or eats memory is cut off. One process reads them
 * all; after it was ended or has ended by itself, the next file gets another.
 */
export class ReadingChild {
  readonly #start: Start;
  readonly #limits: Limits;
  #child: ChildProcess | undefined;

  constructor(start: Start, limits: Limits) {
    this.#start = start;
    this.#limits = limits;
  }

  /**
   * How each file was met, in their order. They go to the process together, as a message takes longer than most files do. Where it
   * does not live through them each goes alone, so that the one is found.
   */
  async read(kind: string, files: readonly Uint8Array[]): Promise<readonly Outcome[]> {
    const together = await this.#readTogether(kind, files);
    if ('met' in together) return together.met;
    if (files.length === 1) return [together];
    const alone: Outcome[] = [];
    for (const file of files) alone.push(...(await this.read(kind, [file])));
    // The limits are those of one file, but no number of files may end the process.
    if (together.wrong === ENDED && !alone.some((met) => typeof met === 'object')) {
      alone[alone.length - 1] = { wrong: `${ENDED}, of ${files.length} files together but of none alone` };
    }
    return alone;
  }

  /** `wrong` says why the process did not live through the files. */
  async #readTogether(
    kind: string,
    files: readonly Uint8Array[],
  ): Promise<{ readonly met: readonly Outcome[] } | { readonly wrong: string }> {
    this.#child ??= await this.#begun();
    const child = this.#child;
    const before = memoryOf(child);
    const began = performance.now();
    let cut: string | undefined;
    const watch = setInterval(() => {
      const seconds = (performance.now() - began) / 1000;
      const grown = memoryOf(child) - before;
      if (seconds > this.#limits.seconds) cut = `more than ${this.#limits.seconds} s`;
      else if (grown > this.#limits.bytes) cut = `more than ${this.#limits.bytes} bytes of memory`;
      if (cut !== undefined) child.kill('SIGKILL');
    }, LOOK_EVERY_MS);
    try {
      const replies = await this.#ask(child, { kind, files });
      if (replies === undefined) return { wrong: cut ?? ENDED };
      const met = replies.map(({ result, grown }) =>
        grown > this.#limits.bytes ? { wrong: `${grown} bytes of memory` } : result,
      );
      return { met };
    } finally {
      clearInterval(watch);
    }
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async #begun(): Promise<ChildProcess> {
    const { readers, folder, samples } = this.#start;
    const child = fork(new URL('./child.mjs', import.meta.url), [readers.href], {
      serialization: 'advanced',
      execArgv: [],
    });
    if ((await this.#ask(child, { folder, samples })) === undefined) throw new Error('it did not start');
    return child;
  }

  /** An answer for each file, or undefined where the process ended first. */
  async #ask(child: ChildProcess, message: object): Promise<readonly Reply[] | undefined> {
    const replies = await new Promise<readonly Reply[] | undefined>((resolve) => {
      child.once('message', (replies) => resolve(replies as Reply[]));
      child.once('exit', () => resolve(undefined));
      child.send(message, () => {});
    });
    child.removeAllListeners();
    if (replies === undefined) this.#child = undefined;
    return replies;
  }
}

interface Reply {
  readonly result: Outcome;
  readonly grown: number;
}

/** Resident memory in bytes, as Linux tells it; elsewhere 0, and only the process itself says what it took. */
function memoryOf({ pid }: ChildProcess): number {
  try {
    const [, kilobytes] = /^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
    return Number(kilobytes) * 1024;
  } catch {
    return 0;
  }
}
