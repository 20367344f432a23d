import { printable } from '../base/errors/index.js';

/** The flag of every command that says more than its results. */
export const quietFlag = ['--quiet', 'no progress and no notes; warnings and errors stay'] as const;

/** What is said with `--quiet`: of lines that may be notes, the warnings. */
export function loudLines(lines: readonly string[], quiet: boolean): readonly string[] {
  return quiet ? lines.filter((line) => line.startsWith('warning: ')) : lines;
}

/** The milliseconds for which a pace is measured before something is said about the time left. */
const MEASURED = 2000;
/** Milliseconds between lines where there is no terminal: a long run says less often how far it is. */
const [SHORTEST_PAUSE, LONGEST_PAUSE] = [5000, 30_000];

/**
 * One line on stderr that shows the progress of a command: redrawn on a terminal, written now and then elsewhere.
 */
export class Progress {
  readonly #started = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  /** The pace is measured from the first update on: what is done by then took longer, because code and threads were started. */
  #first: { readonly done: number; readonly at: number } | undefined;
  #isOpen = false;

  constructor(
    readonly what: string,
    readonly quiet: boolean,
    readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  /** @param part what of it is being done, such as `scan.tif, tile 3 of 80` */
  update(done: number, total: number, part?: string): void {
    const now = performance.now();
    this.#first ??= { done, at: now };
    const pause = this.stream.isTTY
      ? 100
      : Math.min(LONGEST_PAUSE, Math.max(SHORTEST_PAUSE, (now - this.#started) / 20));
    // The result follows the last one, so it needs no line.
    if (this.quiet || done >= total || now - this.#shownAt < pause) return;
    this.#shownAt = now;
    const whole =
      part === undefined ? `${done}/${total}` : `${Math.max(1, Math.ceil(done))}/${total}: ${part}`;
    const [measured, more] = [now - this.#first.at, done - this.#first.done];
    const left =
      measured < MEASURED || more <= 0 ? '' : `, about ${duration((measured / more) * (total - done))} left`;
    const line = `${this.what} ${whole}${left}`;
    this.stream.write(this.stream.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    this.#isOpen = this.stream.isTTY;
  }

  /** Clears the line. */
  end(): void {
    if (this.#isOpen) this.stream.write('\r\x1b[K');
    this.#isOpen = false;
  }
}

/** Says on stderr what was taken as data, unless `quiet`, and what is doubtful about it. */
export function sayData(quiet: boolean): (taken: string, warnings: readonly string[]) => void {
  return (taken, warnings) => {
    if (!quiet) process.stderr.write(`${taken}\n`);
    for (const warning of warnings) process.stderr.write(`hmsa: warning: ${printable(warning, 4096)}\n`);
  };
}

/** The hooks of a job in several parts, each with a line of progress of its own. */
export class PartsProgress {
  #current: Progress | undefined;

  constructor(readonly quiet: boolean) {}

  readonly onData = (taken: string, warnings: readonly string[]): void => {
    this.end();
    sayData(this.quiet)(taken, warnings);
  };

  readonly onProgress = (what: string, done: number, total: number): void => {
    if (this.#current?.what !== what) {
      this.end();
      this.#current = new Progress(what, this.quiet);
    }
    this.#current.update(done, total);
  };

  end(): void {
    this.#current?.end();
  }
}

/** `40 s` or `12 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
