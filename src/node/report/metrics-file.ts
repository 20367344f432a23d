import type { StepPoint, ValidationPoint } from '../../report/views/index.js';
import { isValidation, parseMetricsLine } from '../../training/run/index.js';
import { withRegularFile } from '../files/index.js';

/** More points than these are joined, so that the memory for a run of any length is bounded. */
const MOST = 4096;
const PIECE = 2 ** 20;
/** A longer line is none that a run wrote. */
const LONGEST_LINE = 2 ** 16;

/**
 * The metrics of a run that goes on. Each look reads only what was added since the last one. Where there are many steps, a point
 * stands for the mean of several neighbours of one phase.
 */
export class MetricsFile {
  readonly #path: string;
  #read = 0;
  #identity: string | undefined;
  #rest = '';
  #isSkipping = false;
  #decoder = new TextDecoder();
  #points = new ThinnedPoints();
  #validations: ValidationPoint[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Takes in what is new. A file that was replaced, as by a resumed run, is read from its beginning. */
  async look(): Promise<{
    readonly points: readonly StepPoint[];
    readonly validations: readonly ValidationPoint[];
  }> {
    try {
      await withRegularFile(this.#path, { limit: Number.MAX_SAFE_INTEGER }, async (file, size) => {
        const { ino, birthtimeMs } = await file.stat();
        // A number of a deleted file is given to a new one.
        const identity = `${ino}:${birthtimeMs}`;
        if (identity !== this.#identity || size < this.#read) this.#restart(identity);
        const piece = new Uint8Array(Math.min(PIECE, size - this.#read));
        while (this.#read < size) {
          const { bytesRead } = await file.read(piece, 0, piece.length, this.#read);
          if (bytesRead === 0) break;
          this.#read += bytesRead;
          this.#take(this.#decoder.decode(piece.subarray(0, bytesRead), { stream: true }));
        }
      });
    } catch (error) {
      const { code } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
      if (code !== 'ENOENT') throw error;
      this.#restart(undefined);
    }
    return { points: this.#points.all, validations: [...this.#validations] };
  }

  #restart(identity: string | undefined): void {
    this.#identity = identity;
    this.#read = 0;
    this.#rest = '';
    this.#isSkipping = false;
    this.#decoder = new TextDecoder();
    this.#points = new ThinnedPoints();
    this.#validations = [];
  }

  #take(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      if (!this.#isSkipping) this.#add(line);
      this.#isSkipping = false;
    }
    if (this.#rest.length <= LONGEST_LINE) return;
    this.#rest = '';
    this.#isSkipping = true;
  }

  #add(text: string): void {
    if (text.length > LONGEST_LINE) return;
    const line = parseMetricsLine(text);
    if (line === undefined) return;
    if (!isValidation(line)) {
      this.#points.add(line);
      return;
    }
    this.#validations.push(validationOf(line));
    if (this.#validations.length >= 2 * MOST)
      this.#validations = this.#validations.filter((_, i) => i % 2 === 1);
  }
}

/** Sums of the numbers of neighbouring lines. */
interface Group {
  readonly phase: unknown;
  step: number;
  lines: number;
  readonly sums: Map<string, { sum: number; count: number }>;
}

/** Points of steps, joined by twos whenever they become too many. */
class ThinnedPoints {
  #groups: Group[] = [];
  #size = 1;

  add(line: Readonly<Record<string, unknown>> & { readonly step: number }): void {
    const numbers = Object.entries(line).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[0] !== 'step',
    );
    const sums = new Map(numbers.map(([name, sum]) => [name, { sum, count: 1 }]));
    this.#join({ phase: line.phase, step: line.step, lines: 1, sums });
    if (this.#groups.length < 2 * MOST) return;
    this.#size *= 2;
    const groups = this.#groups;
    this.#groups = [];
    for (const group of groups) this.#join(group);
  }

  /** Adds to the last group while it has room and is of the same phase, whose values can be compared. */
  #join(group: Group): void {
    const last = this.#groups.at(-1);
    if (last === undefined || last.phase !== group.phase || last.lines + group.lines > this.#size) {
      this.#groups.push(group);
      return;
    }
    last.step = group.step;
    last.lines += group.lines;
    for (const [name, { sum, count }] of group.sums) {
      const known = last.sums.get(name);
      if (known === undefined) last.sums.set(name, { sum, count });
      else {
        known.sum += sum;
        known.count += count;
      }
    }
  }

  get all(): StepPoint[] {
    return this.#groups.map(({ step, sums }) => {
      const means = [...sums].map(([name, { sum, count }]) => [name, sum / count] as const);
      const metrics = Object.fromEntries(means);
      const { loss = Number.NaN, learningRate = Number.NaN } = metrics;
      return { step, loss, learningRate, metrics };
    });
  }
}

function validationOf({
  step,
  epoch,
  validation,
}: {
  readonly step: number;
  readonly epoch: number;
  readonly validation: unknown;
}): ValidationPoint {
  const { meanIoU, pixelAccuracy, combine, scales } = Object(validation) as Record<string, unknown>;
  const number = (value: unknown) => (typeof value === 'number' ? value : Number.NaN);
  return {
    step,
    epoch: number(epoch),
    meanIoU: number(meanIoU),
    pixelAccuracy: number(pixelAccuracy),
    combine: String(combine),
    scales: Array.isArray(scales) ? scales.filter((scale) => typeof scale === 'number') : [],
  };
}
