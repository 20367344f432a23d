import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkText, HmsaError } from '../../base/errors/index.js';
import type { RunFile, RunStore } from '../../training/run/index.js';
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
  best: 'best.safetensors',
  raw: 'raw.safetensors',
};

/** A record holds a few kilobytes, and the names of images that were left out. */
const RECORD = { expected: 'the record of a training run', limit: 64 * 2 ** 20 };

const CHECKPOINT = {
  expected: 'the checkpoint of the run',
  remedy: 'Restore run.json and checkpoints/ together, or start a new run.',
};

/** The index of classes in the training data. It may be the only file of a run that ended early. */
const CLASS_INDEX = /^class-index-[0-9a-f]{32}\.json$/;

/** Temporary names of version 0.1. */
const EARLIER_TEMPORARY = /^\.(run\.json|metrics\.jsonl|(model|last)\.safetensors)\.[0-9a-f]{12}\.tmp$/;

/**
 * The folder of a training run: `run.json`, `metrics.jsonl`, `checkpoints/`, `model.safetensors`, and until the run is
 * finished `interim.safetensors` instead of the model. With validation also `best.safetensors`, and with averaged weights
 * `raw.safetensors`.
 */
export class RunFolder implements RunStore {
  readonly path: string;
  #lock: FolderLock | undefined;
  #isNew = false;

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
    if (file !== 'record') return readIfThere(path, file === 'checkpoint' ? CHECKPOINT : {});
    if ((await readIfThere(path, RECORD)) === undefined) return undefined;
    return new TextEncoder().encode(await readTextFile(path, RECORD));
  }

  async lock(onWarning: (what: string) => void): Promise<void> {
    this.#lock = await FolderLock.take(this.path, ({ pid, since }) =>
      onWarning(
        `took over ${this.path} from process ${pid}, which locked it at ${since} and ended without releasing it`,
      ),
    );
  }

  /** @throws HmsaError when this is no longer the locked folder, because its files then belong to somebody else */
  async confirm(): Promise<void> {
    await this.#lock?.confirm();
  }

  async unlock(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
    // A run that was refused has written nothing. If the folder is not empty, this fails, and it stays.
    if (this.#isNew) await rmdir(this.path).catch(() => {});
  }

  /**
   * Creates the folder and locks it.
   *
   * @throws HmsaError when another process uses it, or it holds a run or files that do not belong to one
   */
  async begin(onWarning: (what: string) => void): Promise<void> {
    this.#isNew = !(await this.isThere());
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
        ? `Resume it with --resume ${this.path}, or choose another folder.`
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
    // Fails, and stays, if the folder is not empty.
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

  /** Deletes the run, its record first, so that no record remains without its checkpoint. Other files stay. */
  async removeAll(): Promise<void> {
    await this.confirm();
    for (const file of Object.keys(names) as RunFile[]) await this.remove(file);
  }
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
