import { lstat, stat } from 'node:fs/promises';
import { HmsaError } from '../../base/errors/index.js';
import { RunQueue } from '../../base/tasks.js';
import { type FileContent, writeFileAtomic } from '../files/index.js';
import { softwareOf } from '../images/index.js';

/** The program name in the files of `hmsa segment`, by which a later run recognises them. */
export const OWN_SOFTWARE = 'hmsa segment';

/**
 * Writes the pictures of a run. It does not replace an image that is read, a picture of another image of the run or,
 * without `overwrite`, a file that `hmsa segment` did not write.
 */
export class PictureFiles {
  readonly #overwrite: boolean;
  readonly #inputs: ReadonlySet<string>;
  readonly #written = new Set<string>();
  /** One file after the other, so that two pictures that would be one file are noticed. */
  readonly #queue = new RunQueue();

  private constructor(inputs: ReadonlySet<string>, overwrite: boolean) {
    this.#inputs = inputs;
    this.#overwrite = overwrite;
  }

  /** @param inputs files that are read and must not be replaced */
  static async open(inputs: readonly string[], { overwrite = false } = {}): Promise<PictureFiles> {
    const keys = new Set<string>();
    for (const input of inputs) {
      const { key } = await placeOf(input);
      if (key !== undefined) keys.add(key);
    }
    return new PictureFiles(keys, overwrite);
  }

  /** @throws HmsaError that names the file, when it must not be written */
  async check(path: string): Promise<void> {
    const refuse = (received: string, remedy: string): never => {
      throw new HmsaError({ operation: path, expected: 'a place to write this file', received, remedy });
    };
    const { key, isFile, problem } = await placeOf(path);
    if (problem === 'ENAMETOOLONG')
      return refuse('a name that is too long', 'Shorten the name of the photograph.');
    if (key === undefined) {
      if (this.#overwrite || (await lstat(path).catch(() => undefined)) === undefined) return;
      return refuse('a broken link', 'Remove it, choose another folder with --out, or use --overwrite.');
    }
    if (!isFile) refuse('a folder, pipe or device of that name', 'Choose another folder with --out.');
    if (this.#inputs.has(key)) refuse('an image to be labelled', 'Choose another folder with --out.');
    if (this.#written.has(key)) {
      refuse('a picture of another image of this run', 'Label them in two runs with different --out.');
    }
    if (!this.#overwrite && (await softwareOf(path)) !== OWN_SOFTWARE) {
      refuse(
        'a file that hmsa segment did not write',
        'Choose another folder with --out, or replace such files with --overwrite.',
      );
    }
  }

  /** @throws HmsaError as {@link check} does, and when the disk is full or the place cannot be written */
  write(path: string, content: FileContent): Promise<void> {
    return this.#queue.add(async () => {
      await this.check(path);
      await writeFileAtomic(path, content);
      const { key } = await placeOf(path);
      if (key !== undefined) this.#written.add(key);
    });
  }

  /** Whether there is a file of that name that `hmsa segment` wrote. */
  async isOwn(path: string): Promise<boolean> {
    return (await placeOf(path)).isFile === true && (await softwareOf(path)) === OWN_SOFTWARE;
  }
}

/** Identifies a file independently of its name. */
async function placeOf(path: string): Promise<{ key?: string; isFile?: boolean; problem?: string }> {
  try {
    const info = await stat(path, { bigint: true });
    // The number of a file that another process has replaced may be that of its next file.
    return { key: `${info.dev}:${info.ino}:${info.birthtimeNs}`, isFile: info.isFile() };
  } catch (error) {
    return { problem: String((error as NodeJS.ErrnoException).code) };
  }
}
