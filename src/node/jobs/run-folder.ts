import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../errors/index.js';
import { encodeModel, type Model } from '../../model-file/index.js';
import { decodeCheckpoint, encodeCheckpoint, type Position } from '../../train/index.js';
import { writeFileAtomic, writeJsonAtomic } from '../files/index.js';

/** The folder that a training run keeps: `run.json`, `metrics.jsonl`, `checkpoints/`, `model.safetensors`. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get model(): string {
    return join(this.path, 'model.safetensors');
  }

  get #checkpoint(): string {
    return join(this.path, 'checkpoints', 'last.safetensors');
  }

  /** Makes the folder. @throws HmsaError when it already holds a run */
  async begin(): Promise<void> {
    const existing = await readFile(join(this.path, 'run.json')).catch(() => undefined);
    if (existing !== undefined) {
      throw new HmsaError({
        operation: '--out',
        expected: 'a folder without a run',
        received: `${this.path}, which holds one`,
        remedy: `Go on with it by --resume ${this.path}, or choose another folder.`,
      });
    }
    await mkdir(this.path, { recursive: true });
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
    const bytes = await readFile(this.#checkpoint).catch(() => undefined);
    return bytes === undefined ? undefined : decodeCheckpoint(bytes, this.#checkpoint);
  }

  async saveModel(model: Model): Promise<void> {
    await writeFileAtomic(this.model, encodeModel(model));
  }

  /** Adds a line; a line cut off by a crash is the last one and is left to the reader to skip. */
  async addMetrics(metrics: Readonly<Record<string, unknown>>): Promise<void> {
    await appendFile(join(this.path, 'metrics.jsonl'), `${JSON.stringify(metrics)}\n`);
  }
}
