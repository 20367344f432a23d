import { printable } from '../base/errors/index.js';
import type { TrainEvent } from '../node/index.js';
import { attentionStatistics } from '../training/index.js';
import { duration } from './progress.js';
import { TimeLeft } from './time-left.js';

type Step = Extract<TrainEvent, { kind: 'step' }>;
type EndedEarly = Extract<TrainEvent, { kind: 'endedEarly' }>;
type Planned = Extract<TrainEvent, { kind: 'planned' }>;

/**
 * One line that shows the progress of training: redrawn on a terminal, written every half minute and at the end
 * elsewhere.
 */
export class TrainingLine {
  readonly #quiet: boolean;
  readonly #stream: NodeJS.WriteStream;
  #timeLeft = new TimeLeft();
  /**
   * Scales whose graph the phase has opened. The first step at each scale takes longer and does not count for the pace.
   */
  readonly #opened = new Set<number>();
  #phase: number | undefined;
  #loss: number | undefined;
  /** For each scale the mean of its attention and the share that is saturated, averaged like the loss. */
  readonly #attention = new Map<number, { mean: number; saturated: number }>();
  #at = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #savedStep: number | undefined;
  #isOpen = false;

  constructor(quiet: boolean, stream: NodeJS.WriteStream = process.stderr) {
    this.#quiet = quiet;
    this.#stream = stream;
  }

  /** Sets the plan of the run. */
  planned(event: Planned): void {
    this.#timeLeft = new TimeLeft(event);
  }

  endedEarly({ phase: { kind }, epoch, since, ends }: EndedEarly): void {
    this.#timeLeft.endedEarly(ends);
    this.say(`phase ${kind} ends with epoch ${epoch + 1}: no better mean IoU since epoch ${since + 1}`);
  }

  step(event: Step): void {
    const now = performance.now();
    const taken = (now - this.#at) / 1000;
    this.#at = now;
    if (event.phase.index !== this.#phase) {
      this.#phase = event.phase.index;
      this.#opened.clear();
      this.#attention.clear();
    }
    const { kind } = event.phase;
    if (this.#opened.has(event.scale)) this.#timeLeft.took(event, taken);
    this.#opened.add(event.scale);
    this.#loss = follow(this.#loss, event.loss);
    for (const { scale, mean, saturated } of attentionStatistics(event.metrics)) {
      const before = this.#attention.get(scale);
      this.#attention.set(scale, {
        mean: follow(before?.mean, mean),
        saturated: follow(before?.saturated, saturated),
      });
    }
    const isLast = event.step + 1 === event.steps;
    const isSoon = now - this.#shownAt < (this.#stream.isTTY ? 200 : 30_000);
    if (this.#quiet || (isSoon && !isLast)) return;
    this.#shownAt = now;
    const pace = this.#timeLeft.pace(event);
    const left = isLast ? undefined : this.#timeLeft.after(event);
    const line = [
      `phase ${kind}  step ${event.step + 1}/${event.steps}`,
      `loss ${this.#loss.toFixed(3)}`,
      ...[...this.#attention].map(
        ([scale, { mean, saturated }]) =>
          `α ${scale}×: ${mean.toFixed(2)}, ${Math.round(100 * saturated)}% saturated`,
      ),
      `rate ${event.learningRate.toPrecision(2)}`,
      ...(pace === undefined ? [] : [`${(event.images / pace).toFixed(1)} images/s`]),
      `data waits ${(100 * event.waitShare).toFixed(1)}%`,
      `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`,
      ...(left === undefined ? [] : [`${left.isGuess ? 'about ' : ''}${duration(left.seconds * 1000)} left`]),
      ...(this.#savedStep === undefined ? [] : [`saved at ${this.#savedStep}`]),
    ].join('  ');
    this.#stream.write(this.#stream.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
    this.#isOpen = this.#stream.isTTY;
  }

  /** Shows from now on up to which step everything is saved. The time of saving does not count for a step. */
  saved(step: number): void {
    this.#at = performance.now();
    this.#savedStep = step;
  }

  /** Ends the line, so that other output begins below it. */
  end(): void {
    if (this.#isOpen) this.#stream.write('\n');
    this.#isOpen = false;
  }

  /** Prints a text on a line of its own. The time that this took does not count for a step. */
  say(text: string): void {
    this.#at = performance.now();
    if (this.#quiet) return;
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}${inLines(text)}\n`);
    this.#isOpen = false;
  }

  /** Prints a text even if progress is not shown. */
  warn(text: string): void {
    this.#at = performance.now();
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}hmsa: warning: ${printable(text, 2000)}\n`);
    this.#isOpen = false;
  }
}

/** A running mean of the latest 20 values or so. */
function follow(before: number | undefined, now: number): number {
  return before === undefined ? now : 0.95 * before + 0.05 * now;
}

/** Makes each line of a text safe to print. */
function inLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line, 2000))
    .join('\n');
}
