import { HmsaError } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { encodeModel, type Model } from '../../model/file/index.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../checkpoint.js';

/**
 * The files of a run: its record, its last checkpoint, its metrics (one JSON value a line), the model of an interrupted
 * run, the model of a finished run, the model with the best validation, and the weights of a finished run without
 * averaging.
 */
export type RunFile = 'record' | 'checkpoint' | 'metrics' | 'interim' | 'model' | 'best' | 'raw';

/**
 * Where a run is kept: a folder, an object store, memory. Only one process at a time uses it: all methods below {@link
 * RunStore.unlock} need the lock.
 */
export interface RunStore {
  /** What messages call a file of the run: its path, key or address. */
  nameOf(file: RunFile): string;
  has(file: RunFile): Promise<boolean>;
  /** The content of a file, text as UTF-8; undefined if it does not exist. */
  read(file: RunFile): Promise<Uint8Array | undefined>;
  /**
   * Locks the store for a new run.
   *
   * @param onWarning called if the lock belonged to a process that ended without releasing it
   * @throws HmsaError when another process uses the store, or it holds a run
   */
  begin(onWarning: (what: string) => void): Promise<void>;
  /**
   * Locks the store for a run that it holds.
   *
   * @throws HmsaError when another process uses the store
   */
  lock(onWarning: (what: string) => void): Promise<void>;
  /** Releases the lock; does nothing without one. */
  unlock(): Promise<void>;
  /** Called before every change. @throws HmsaError when this process no longer holds the lock */
  confirm(): Promise<void>;
  /** Replaces a whole file. Readers find the old file or the new one, also after a failure. */
  write(file: RunFile, content: Uint8Array | string): Promise<void>;
  /** Appends to a file, which is created if it does not exist. */
  append(file: RunFile, text: string): Promise<void>;
  /** Deletes a file; does nothing if it does not exist. */
  remove(file: RunFile): Promise<void>;
  /** Deletes files that a killed process left incomplete. */
  tidy(): Promise<void>;
}

/** A line of the metrics about a step, which is counted from 0. */
export interface StepLine {
  readonly step: number;
  readonly [metric: string]: unknown;
}

/** A line of the metrics about a validation. */
export interface ValidationLine {
  /** Steps before it. */
  readonly step: number;
  readonly epoch: number;
  readonly validation: Readonly<Record<string, unknown>>;
}

/** Reads and writes the files of a run, in any store. Every change first checks that the store is still locked. */
export class RunFiles {
  readonly #store: RunStore;

  constructor(store: RunStore) {
    this.#store = store;
  }

  nameOf(file: RunFile): string {
    return this.#store.nameOf(file);
  }

  /** @throws HmsaError when there is no run, or its record is not JSON */
  async readRecord(): Promise<unknown> {
    const bytes = await this.#store.read('record');
    if (bytes !== undefined) return parseJson(new TextDecoder().decode(bytes), this.nameOf('record'));
    throw new HmsaError({
      operation: this.nameOf('record'),
      expected: 'the record of a training run',
      received: 'none',
      remedy: 'Name the place that a training run was written to.',
    });
  }

  async writeRecord(record: unknown): Promise<void> {
    await this.#write('record', `${JSON.stringify(record, null, 2)}\n`);
  }

  /** The last checkpoint; undefined if the run has not saved one yet. */
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

  /**
   * Writes the model of a finished run. If the run was killed before it recorded its end, the same model is already
   * there.
   *
   * @param options `replace`: write it even if another model is there
   * @throws HmsaError when another model is there
   */
  async writeModel(model: Model, { replace = false } = {}): Promise<void> {
    const bytes = encodeModel(model);
    const found = replace ? undefined : await this.#store.read('model');
    if (found !== undefined && !isEqual(found, bytes)) throw foreignModel(this.nameOf('model'));
    await this.#write('model', bytes);
    await this.#store.remove('interim');
  }

  /** Writes the model of an interrupted run. The model of a finished run is never changed. */
  async writeInterim(model: Model): Promise<void> {
    await this.#write('interim', encodeModel(model));
  }

  /** Writes the model with the best validation so far, unless it is there already. */
  async writeBest(model: Model): Promise<void> {
    await this.#writeIfOther('best', model);
  }

  /** Writes a finished model with the weights of its last step, where the model itself has averages. */
  async writeRaw(model: Model): Promise<void> {
    await this.#writeIfOther('raw', model);
  }

  hasBest(): Promise<boolean> {
    return this.#store.has('best');
  }

  async addMetrics(line: StepLine | ValidationLine): Promise<void> {
    await this.#store.confirm();
    await this.#store.append('metrics', `${JSON.stringify(line)}\n`);
  }

  /**
   * Brings the files back to a step. A run that was killed may have recorded steps after its last checkpoint, which
   * will be taken again, and may have left incomplete files.
   *
   * @param validated the last epoch whose validation is recorded; that of a later one will take place again
   */
  async rewind(step: number, validated: number): Promise<void> {
    await this.#store.confirm();
    await this.#store.tidy();
    const bytes = await this.#store.read('metrics');
    if (bytes === undefined) return;
    const text = new TextDecoder().decode(bytes);
    const kept = text
      .split('\n')
      .flatMap((line) => parseMetricsLine(line) ?? [])
      .filter((line) =>
        isValidation(line) ? line.epoch <= validated && line.step <= step : line.step < step,
      );
    const now = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
    // A finished run that is resumed does not change, its file times included.
    if (now !== text) await this.#store.write('metrics', now);
  }

  /** Deletes the files of a run that has not saved a checkpoint, so that its place is free for another try. */
  async abandon(): Promise<void> {
    await this.#store.confirm();
    for (const file of ['record', 'metrics', 'checkpoint'] as const) await this.#store.remove(file);
  }

  async #writeIfOther(file: RunFile, model: Model): Promise<void> {
    const bytes = encodeModel(model);
    const found = await this.#store.read(file);
    if (found === undefined || !isEqual(found, bytes)) await this.#write(file, bytes);
  }

  async #write(file: RunFile, content: Uint8Array | string): Promise<void> {
    await this.#store.confirm();
    await this.#store.write(file, content);
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function foreignModel(file: string): HmsaError {
  return new HmsaError({
    operation: file,
    expected: 'no model, or that of this run',
    received: 'one that this run did not write',
    remedy: 'Move it to another folder, then resume.',
  });
}

export function isValidation(line: StepLine | ValidationLine): line is ValidationLine {
  return 'validation' in line;
}

/** A line of the metrics; undefined if a crash cut it off. */
export function parseMetricsLine(text: string): StepLine | ValidationLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return Number.isInteger((line as StepLine | null)?.step)
      ? (line as StepLine | ValidationLine)
      : undefined;
  } catch {
    return undefined;
  }
}
