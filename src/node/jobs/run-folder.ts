import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import type { RunFile, RunStore } from '../../training/run/index.js';
import { checkText } from '../arguments/index.js';
import {
  appendToFile,
  FolderLock,
  isTemporary,
  makeFolder,
  readIfThere,
  readTextFile,
  writeFileAtomic,
} from '../files/index.js';

const names: Readonly<Record<RunFile, string>> = {
  record: 'run.json',
  checkpoint: join('checkpoints', 'last.safetensors'),
  metrics: 'metrics.jsonl',
  interim: 'interim.safetensors',
  model: 'model.safetensors',
};

/** A record holds a few kilobytes, and names of images that were left out. */
const RECORD = { expected: 'the record of a training run', limit: 64 * 2 ** 20 };

/** Where classes lie in the training data; kept from a run that ended before it had anything else to keep. */
const CLASS_INDEX = /^class-index-[0-9a-f]{32}\.json$/;

/** What version 0.1 called a file of the run while it wrote it. */
const EARLIER_TEMPORARY = /^\.(run\.json|metrics\.jsonl|(model|last)\.safetensors)\.[0-9a-f]{12}\.tmp$/;

/**
 * The folder that a training run is kept in: `run.json`, `metrics.jsonl`, `checkpoints/`, `model.safetensors`, and until
 * the run is done `interim.safetensors` in place of that.
 */
export class RunFolder implements RunStore {
  readonly path: string;
  #lock: FolderLock | undefined;

  constructor(path: string) {
    checkText(path, 'run', 'the folder of a training run');
    this.path = path;
  }

  nameOf(file: RunFile): string {
    return join(this.path, names[file]);
  }

  get #checkpoints(): string {
    return join(this.path, 'checkpoints');
  }

  async isThere(): Promise<boolean> {
    return isThere(this.path);
  }

  has(file: RunFile): Promise<boolean> {
    return isThere(this.nameOf(file));
  }

  async read(file: RunFile): Promise<Uint8Array | undefined> {
    const path = this.nameOf(file);
    if (file !== 'record') return readIfThere(path);
    if ((await readIfThere(path, RECORD)) === undefined) return undefined;
    return new TextEncoder().encode(await readTextFile(path, RECORD));
  }

  async lock(onWarning: (what: string) => void): Promise<void> {
    this.#lock = await FolderLock.take(this.path, ({ pid, since }) =>
      onWarning(
        `took over ${this.path} from process ${pid}, which ended without giving it free (since ${since})`,
      ),
    );
  }

  /** @throws HmsaError where the folder is no longer the one that was locked: what lies there is somebody else's */
  async confirm(): Promise<void> {
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
    const entries = await readdir(this.path);
    const found = entries.filter((name) => !name.startsWith('.') && !CLASS_INDEX.test(name));
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

  write(file: RunFile, content: Uint8Array | string): Promise<void> {
    return writeFileAtomic(this.nameOf(file), content);
  }

  append(file: RunFile, text: string): Promise<void> {
    return appendToFile(this.nameOf(file), text);
  }

  async remove(file: RunFile): Promise<void> {
    await rm(this.nameOf(file), { force: true });
    // Only an empty folder goes this way.
    if (file === 'checkpoint') await rmdir(this.#checkpoints).catch(() => {});
  }

  async tidy(): Promise<void> {
    for (const folder of [this.path, this.#checkpoints]) {
      const left = (await readdir(folder).catch(() => [])).filter(
        (name) => isTemporary(name) || EARLIER_TEMPORARY.test(name),
      );
      for (const name of left) await rm(join(folder, name), { force: true });
    }
  }

  /** Deletes the run, its record first, so that none is left that has lost its checkpoint; other files stay. */
  async removeAll(): Promise<void> {
    await this.confirm();
    for (const file of ['record', 'metrics', 'checkpoint', 'model', 'interim'] as const)
      await this.remove(file);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
