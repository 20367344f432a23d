import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { encodeModel, type Model } from '../../model/file/index.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../training/index.js';
import { checkText } from '../arguments/index.js';
import {
  appendToFile,
  FolderLock,
  isTemporary,
  makeFolder,
  readIfThere,
  readJsonFile,
  writeFileAtomic,
  writeJsonAtomic,
} from '../files/index.js';

/** Where classes lie in the training data; kept from a run that ended before it had anything else to keep. */
const CLASS_INDEX = /^class-index-[0-9a-f]{32}\.json$/;

/** What version 0.1 called a file of the run while it wrote it. */
const EARLIER_TEMPORARY = /^\.(run\.json|metrics\.jsonl|(model|last)\.safetensors)\.[0-9a-f]{12}\.tmp$/;

/**
 * The folder that a training run keeps: `run.json`, `metrics.jsonl`, `checkpoints/`, `model.safetensors`, and until the
 * run is done `interim.safetensors` in place of that. One process at a time works in it: every method but
 * {@link RunFolder.lock}, {@link RunFolder.begin} and {@link RunFolder.readRun} needs its lock.
 */
export class RunFolder {
  readonly path: string;
  #lock: FolderLock | undefined;

  constructor(path: string) {
    checkText(path, 'run', 'the folder of a training run');
    this.path = path;
  }

  get model(): string {
    return join(this.path, 'model.safetensors');
  }

  /** The model of a run that is not done: that of a finished run is never touched by one that is begun again. */
  get interim(): string {
    return join(this.path, 'interim.safetensors');
  }

  get record(): string {
    return join(this.path, 'run.json');
  }

  get checkpoint(): string {
    return join(this.#checkpoints, 'last.safetensors');
  }

  get #checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  get #metrics(): string {
    return join(this.path, 'metrics.jsonl');
  }

  async isThere(): Promise<boolean> {
    return (await stat(this.path).catch(() => undefined)) !== undefined;
  }

  /**
   * Keeps other processes out until {@link RunFolder.unlock}.
   *
   * @param onWarning is told of a process that has ended without giving the folder free
   * @throws HmsaError that names the process that works in it
   */
  async lock(onWarning: (what: string) => void): Promise<void> {
    this.#lock = await FolderLock.take(this.path, ({ pid, since }) =>
      onWarning(
        `took over ${this.path} from process ${pid}, which ended without giving it free (since ${since})`,
      ),
    );
  }

  /** @throws HmsaError where the folder is no longer the one that was locked: what lies there is somebody else's */
  async #confirm(): Promise<void> {
    await this.#lock?.confirm();
  }

  async unlock(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /**
   * Makes the folder and locks it.
   *
   * @throws HmsaError when another process works in it, or it holds a run or files that none has left
   */
  async begin(onWarning: (what: string) => void): Promise<void> {
    await makeFolder(this.path);
    await this.lock(onWarning);
    const names = await readdir(this.path);
    const found = names.filter((name) => !name.startsWith('.') && !CLASS_INDEX.test(name));
    if (found.length === 0) return;
    const holdsRun = found.includes('run.json');
    throw new HmsaError({
      operation: '--out',
      expected: holdsRun ? 'a folder without a run' : 'a new or empty folder',
      received: `${this.path}, which holds ${holdsRun ? 'one' : `other files (${found.slice(0, 3).join(', ')})`}`,
      remedy: holdsRun
        ? `Go on with it by --resume ${this.path}, or choose another folder.`
        : 'Choose another folder: --out DIR.',
    });
  }

  /** Takes back what a run has left that never came to a checkpoint, so that the folder is free for another try. */
  async abandon(): Promise<void> {
    await this.#confirm();
    for (const file of [this.record, this.#metrics]) await rm(file, { force: true });
    await this.#removeCheckpoints();
  }

  /** Deletes the run, its record first, so that none is left that has lost its checkpoint; other files stay. */
  async remove(): Promise<void> {
    await this.#confirm();
    for (const file of [this.record, this.#metrics, this.checkpoint, this.model, this.interim])
      await rm(file, { force: true });
    await this.#removeCheckpoints();
  }

  async writeRun(run: unknown): Promise<void> {
    await this.#confirm();
    await writeJsonAtomic(this.record, run);
  }

  /** @throws HmsaError when there is no run in the folder, or its record is no JSON */
  async readRun(): Promise<unknown> {
    const options = { expected: 'the record of a training run', limit: RECORD_LIMIT };
    if ((await readIfThere(this.record, options)) !== undefined) return readJsonFile(this.record, options);
    throw new HmsaError({
      operation: this.record,
      expected: options.expected,
      received: 'none',
      remedy: 'Pass the folder that hmsa train was given as --out.',
    });
  }

  /** @param run see {@link encodeCheckpoint} */
  async saveCheckpoint(checkpoint: Checkpoint, run: string): Promise<void> {
    await this.#confirm();
    await writeFileAtomic(this.checkpoint, encodeCheckpoint(checkpoint, run));
  }

  /** The last checkpoint, or undefined where the run has saved none yet. */
  async readCheckpoint(): Promise<Checkpoint | undefined> {
    const bytes = await readIfThere(this.checkpoint);
    return bytes === undefined ? undefined : decodeCheckpoint(bytes, this.checkpoint);
  }

  /** The model of a run that is done. */
  async saveModel(model: Model): Promise<void> {
    await this.#confirm();
    await writeFileAtomic(this.model, encodeModel(model));
    await rm(this.interim, { force: true });
  }

  async hasModel(): Promise<boolean> {
    return (await stat(this.model).catch(() => undefined)) !== undefined;
  }

  /** The model as it is when a run is interrupted. */
  async saveInterim(model: Model): Promise<void> {
    await this.#confirm();
    await writeFileAtomic(this.interim, encodeModel(model));
  }

  async addStep(metrics: StepLine): Promise<void> {
    await this.#confirm();
    await appendToFile(this.#metrics, `${JSON.stringify(metrics)}\n`);
  }

  async addValidation(metrics: ValidationLine): Promise<void> {
    await this.#confirm();
    await appendToFile(this.#metrics, `${JSON.stringify(metrics)}\n`);
  }

  /**
   * Brings the folder back to a checkpoint: a run that was killed may have noted steps after its last checkpoint, which
   * will be taken again, and left files half written.
   *
   * @returns the epochs whose validation is noted
   */
  async rewind(step: number): Promise<Set<number>> {
    await this.#confirm();
    for (const folder of [this.path, this.#checkpoints]) {
      const names = await readdir(folder).catch(() => []);
      for (const name of names.filter((name) => isTemporary(name) || EARLIER_TEMPORARY.test(name)))
        await rm(join(folder, name), { force: true });
    }
    const bytes = await readIfThere(this.#metrics);
    if (bytes === undefined) return new Set();
    const lines = new TextDecoder().decode(bytes).split('\n').flatMap(parseLine);
    const kept = lines.filter((line) => (isValidation(line) ? line.step <= step : line.step < step));
    const text = kept.map((line) => `${JSON.stringify(line)}\n`).join('');
    // What is there already is left alone: a finished run that is resumed stays as it is, its times included.
    if (text !== new TextDecoder().decode(bytes)) await writeFileAtomic(this.#metrics, text);
    return new Set(kept.filter(isValidation).map(({ epoch }) => epoch));
  }

  async #removeCheckpoints(): Promise<void> {
    // Only an empty folder goes this way.
    await rmdir(this.#checkpoints).catch(() => {});
  }
}

/** A record holds a few kilobytes, and names of images that were left out. */
const RECORD_LIMIT = 64 * 2 ** 20;

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
