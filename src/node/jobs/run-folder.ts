import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../errors/index.js';
import { encodeModel, type Model } from '../../model-file/index.js';
import { decodeCheckpoint, encodeCheckpoint, type Position } from '../../train/index.js';
import { appendToFile, makeFolder, readIfThere, writeFileAtomic, writeJsonAtomic } from '../files/index.js';

/** The folder that a training run keeps: `run.json`, `metrics.jsonl`, `checkpoints/`, `model.safetensors`. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get model(): string {
    return join(this.path, 'model.safetensors');
  }

  get #checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  get #checkpoint(): string {
    return join(this.#checkpoints, 'last.safetensors');
  }

  get #metrics(): string {
    return join(this.path, 'metrics.jsonl');
  }

  /** Makes the folder. @throws HmsaError when it already holds a run */
  async begin(): Promise<void> {
    if ((await readIfThere(join(this.path, 'run.json'))) !== undefined) {
      throw new HmsaError({
        operation: '--out',
        expected: 'a folder without a run',
        received: `${this.path}, which holds one`,
        remedy: `Go on with it by --resume ${this.path}, or choose another folder.`,
      });
    }
    await makeFolder(this.path);
  }

  /** Takes back what a run has left that never came to a checkpoint, so that the folder is free for another try. */
  async abandon(): Promise<void> {
    for (const file of [join(this.path, 'run.json'), this.#metrics]) await rm(file, { force: true });
  }

  /** Deletes the run, its record first, so that none is left that has lost its checkpoint; other files stay. */
  async remove(): Promise<void> {
    for (const file of [join(this.path, 'run.json'), this.#metrics, this.#checkpoint, this.model])
      await rm(file, { force: true });
  }

  async writeRun(run: unknown): Promise<void> {
    await writeJsonAtomic(join(this.path, 'run.json'), run);
  }

  /** @throws HmsaError when there is no run in the folder */
  async readRun(): Promise<unknown> {
    const file = join(this.path, 'run.json');
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch (error) {
      throw new HmsaError({
        operation: file,
        expected: 'the record of a training run',
        received: error instanceof SyntaxError ? 'something else' : 'none',
        remedy: 'Pass the folder that hmsa train was given as --out.',
        cause: error,
      });
    }
  }

  async savePosition(position: Position): Promise<void> {
    await writeFileAtomic(this.#checkpoint, encodeCheckpoint(position));
  }

  /** The last position, or undefined where the run has saved none yet. */
  async readPosition(): Promise<Position | undefined> {
    const bytes = await readIfThere(this.#checkpoint);
    return bytes === undefined ? undefined : decodeCheckpoint(bytes, this.#checkpoint);
  }

  async saveModel(model: Model): Promise<void> {
    await writeFileAtomic(this.model, encodeModel(model));
  }

  async addStep(metrics: StepLine): Promise<void> {
    await appendToFile(this.#metrics, `${JSON.stringify(metrics)}\n`);
  }

  async addValidation(metrics: ValidationLine): Promise<void> {
    await appendToFile(this.#metrics, `${JSON.stringify(metrics)}\n`);
  }

  /**
   * Brings the folder back to a position: a run that was killed may have noted steps after its last checkpoint, which
   * will be taken again, and left files half written.
   *
   * @returns the epochs whose validation is noted
   */
  async rewind(step: number): Promise<Set<number>> {
    for (const folder of [this.path, this.#checkpoints]) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((name) => /^\..*\.tmp$/.test(name)))
        await rm(join(folder, name), { force: true });
    }
    const bytes = await readIfThere(this.#metrics);
    if (bytes === undefined) return new Set();
    const lines = new TextDecoder().decode(bytes).split('\n').flatMap(parseLine);
    const kept = lines.filter((line) => (isValidation(line) ? line.step <= step : line.step < step));
    await writeFileAtomic(this.#metrics, kept.map((line) => `${JSON.stringify(line)}\n`).join(''));
    return new Set(kept.filter(isValidation).map(({ epoch }) => epoch));
  }
}

/** A step in `metrics.jsonl`, by its number from 0. */
export interface StepLine {
  readonly step: number;
  readonly [metric: string]: unknown;
}

/** A validation in `metrics.jsonl`. */
export interface ValidationLine {
  /** Steps taken before it. */
  readonly step: number;
  readonly epoch: number;
  readonly validation: Readonly<Record<string, unknown>>;
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
