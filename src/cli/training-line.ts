import { printable } from '../base/errors/index.js';
import type { TrainEvent } from '../node/index.js';
import { duration } from './progress.js';
import { TimeLeft } from './time-left.js';

type Step = Extract<TrainEvent, { kind: 'step' }>;
type Planned = Extract<TrainEvent, { kind: 'planned' }>;

/** One line that shows how training goes: redrawn on a terminal, every half minute and at the end elsewhere. */
export class TrainingLine {
  readonly #quiet: boolean;
  readonly #stream: NodeJS.WriteStream;
  #timeLeft = new TimeLeft();
  /** Scales whose graph the phase has opened: its first step at each of them tells nothing of its pace. */
  readonly #opened = new Set<number>();
  #phase: number | undefined;
  #loss: number | undefined;
  #at = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #savedStep: number | undefined;
  #isOpen = false;

  constructor(quiet: boolean, stream: NodeJS.WriteStream = process.stderr) {
    this.#quiet = quiet;
    this.#stream = stream;
  }

  /** Learns what lies before the run. */
  planned(event: Planned): void {
    this.#timeLeft = new TimeLeft(event);
  }

  step(event: Step): void {
    const now = performance.now();
    const taken = (now - this.#at) / 1000;
    this.#at = now;
    if (event.phase.index !== this.#phase) {
      this.#phase = event.phase.index;
      this.#opened.clear();
    }
    const { kind } = event.phase;
    if (this.#opened.has(event.scale)) this.#timeLeft.took(kind, taken);
    this.#opened.add(event.scale);
    this.#loss = this.#loss === undefined ? event.loss : 0.95 * this.#loss + 0.05 * event.loss;
    const isLast = event.step + 1 === event.steps;
    const isSoon = now - this.#shownAt < (this.#stream.isTTY ? 200 : 30_000);
    if (this.#quiet || (isSoon && !isLast)) return;
    this.#shownAt = now;
    const pace = this.#timeLeft.pace(kind);
    const left = isLast ? undefined : this.#timeLeft.after(event);
    const line = [
      `${kind} ${event.step + 1}/${event.steps}`,
      `loss ${this.#loss.toFixed(3)}`,
      `rate ${event.learningRate.toPrecision(2)}`,
      ...(pace === undefined ? [] : [`${(event.images / pace).toFixed(1)} images/s`]),
      `waits ${(100 * event.waitShare).toFixed(1)}%`,
      `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
      ...(left === undefined ? [] : [`${left.isGuess ? 'about ' : ''}${duration(left.seconds * 1000)} left`]),
      ...(this.#savedStep === undefined ? [] : [`saved at ${this.#savedStep}`]),
    ].join('  ');
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    this.#isOpen = this.#stream.isTTY;
  }

  /** Tells in the line from now on up to which step all is saved; the time that it took counts for no step. */
  saved(step: number): void {
    this.#at = performance.now();
    this.#savedStep = step;
  }

  /** Leaves the line as it is, for others to write below it. */
  end(): void {
    if (this.#isOpen) this.#stream.write('\n');
    this.#isOpen = false;
  }

  /** Says something on a line of its own; the time that it took counts for no step. */
  say(text: string): void {
    this.#at = performance.now();
    if (this.#quiet) return;
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}${inLines(text)}\n`);
    this.#isOpen = false;
  }

  /** Says what the reader should know even where progress is not shown. */
  warn(text: string): void {
    this.#at = performance.now();
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}hmsa: warning: ${printable(text, 2000)}\n`);
    this.#isOpen = false;
  }
}

/** Tables have several lines; each is safe to print. */
function inLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line, 2000))
    .join('\n');
}
