import { HmsaError } from '../../base/errors/index.js';
import { parseJson } from '../../base/json/index.js';
import { encodeModel, type Model } from '../../model/file/index.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../checkpoint.js';
import type { RunFile, RunStore } from './store.js';

/** A step in the metrics, by its number from 0. */
export interface StepLine {
  readonly step: number;
  readonly [metric: string]: unknown;
}

/** A validation in the metrics. */
export interface ValidationLine {
  /** Steps taken before it. */
  readonly step: number;
  readonly epoch: number;
  readonly validation: Readonly<Record<string, unknown>>;
}

/** The files of a run as values, in any store. Every change makes sure first that the lock still holds. */
export class RunFiles {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  nameOf(file: RunFile): string {
    return this.#store.nameOf(file);
  }

  /** @throws HmsaError when there is no run, or its record is no JSON */
  async readRecord(): Promise<unknown> {
    const bytes = await this.#store.read('record');
    if (bytes !== undefined) return parseJson(new TextDecoder().decode(bytes), this.nameOf('record'));
    throw new HmsaError({
      operation: this.nameOf('record'),
      expected: 'the record of a training run',
      received: 'none',
      remedy: 'Pass the folder that hmsa train was given as --out.',
    });
  }

  async writeRecord(record: unknown): Promise<void> {
    await this.#write('record', `${JSON.stringify(record, null, 2)}\n`);
  }

  /** The last checkpoint, or undefined where the run has saved none yet. */
  async readCheckpoint(): Promise<Checkpoint | undefined> {
    const bytes = await this.#store.read('checkpoint');
    return bytes === undefined ? undefined : decodeCheckpoint(bytes, this.nameOf('checkpoint'));
  }

  /** @param mark see {@link encodeCheckpoint} */
  async writeCheckpoint(checkpoint: Checkpoint, mark: string): Promise<void> {
    await this.#write('checkpoint', encodeCheckpoint(checkpoint, mark));
  }

  hasModel(): Promise<boolean> {
    return this.#store.has('model');
  }

  /** The model of a run that is done. */
  async writeModel(model: Model): Promise<void> {
    await this.#write('model', encodeModel(model));
    await this.#store.remove('interim');
  }

  /** The model as it is when a run is interrupted. That of a finished run is never touched. */
  async writeInterim(model: Model): Promise<void> {
    await this.#write('interim', encodeModel(model));
  }

  async addMetrics(line: StepLine | ValidationLine): Promise<void> {
    await this.#store.confirm();
    await this.#store.append('metrics', `${JSON.stringify(line)}\n`);
  }

  /**
   * Brings the files back to a step. A run that was killed may have noted steps after its last checkpoint, which will be
   * taken again, and left files half written.
   *
   * @returns the epochs whose validation is noted
   */
  async rewind(step: number): Promise<Set<number>> {
    await this.#store.confirm();
    await this.#store.tidy();
    const bytes = await this.#store.read('metrics');
    if (bytes === undefined) return new Set();
    const text = new TextDecoder().decode(bytes);
    const kept = text
      .split('\n')
      .flatMap(parseLine)
      .filter((line) => (isValidation(line) ? line.step <= step : line.step < step));
    const now = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
    // A finished run that is resumed stays as it is, its times included.
    if (now !== text) await this.#store.write('metrics', now);
    return new Set(kept.filter(isValidation).map(({ epoch }) => epoch));
  }

  /** Takes back what a run has left that never came to a checkpoint, so that its place is free for another try. */
  async abandon(): Promise<void> {
    await this.#store.confirm();
    for (const file of ['record', 'metrics', 'checkpoint'] as const) await this.#store.remove(file);
  }

  async #write(file: RunFile, content: Uint8Array | string): Promise<void> {
    await this.#store.confirm();
    await this.#store.write(file, content);
  }
}

function isValidation(line: StepLine | ValidationLine): line is ValidationLine {
  return 'validation' in line;
}

/** None where a crash has cut the line off. */
function parseLine(text: string): (StepLine | ValidationLine)[] {
  try {
    const line: unknown = JSON.parse(text);
    return Number.isInteger((line as StepLine | null)?.step) ? [line as StepLine | ValidationLine] : [];
  } catch {
    return [];
  }
}
