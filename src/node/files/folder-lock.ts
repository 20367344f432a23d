import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { atEnd } from './at-end.js';
import { explain } from './atomic.js';
import { createWhole, LOCK, placeOf, takeLock } from './lock-file.js';
import { type LockOwner, parseOwner, thisProcess } from './lock-owner.js';

/**
 * The lock of a folder that only one process at a time may write into. It is a file in the folder that names the owner.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #place: string | undefined;
  readonly #file: string;
  readonly #text: string;
  readonly #callOff: () => void;

  private constructor(folder: string, place: string | undefined, file: string, text: string) {
    this.#folder = folder;
    this.#place = place;
    this.#file = file;
    this.#text = text;
    this.#callOff = atEnd(() => {
      if (readFileSync(file, 'utf8') === text) rmSync(file);
    });
  }

  /**
   * Locks an existing folder. The lock of a process that has ended is taken over.
   *
   * @param onTakenOver called with the owner of a lock that is taken over
   * @throws HmsaError that names the owner if it is alive, or if this process cannot find out
   */
  static async take(folder: string, onTakenOver: (owner: LockOwner) => void): Promise<FolderLock> {
    const file = join(folder, LOCK);
    try {
      const since = new Date().toISOString();
      const owner = { ...thisProcess(), since, folder: await realpath(folder), id: randomUUID() };
      const text = `${JSON.stringify(owner)}\n`;
      const before = await takeLock(folder, text);
      if (before !== undefined) onTakenOver(before);
      return new FolderLock(folder, await placeOf(folder), file, text);
    } catch (error) {
      throw explain(file, error);
    }
  }

  /**
   * Checks that the folder is still the one that was locked, and is still locked. Somebody may have moved it, put
   * another in its place, or deleted the lock. A deleted lock is made again if nobody else has locked the folder.
   *
   * @throws HmsaError when another process has locked it, or another folder is in its place
   */
  async confirm(): Promise<void> {
    const refuse = (received: string): never => {
      throw new HmsaError({
        operation: this.#folder,
        expected: 'the folder that this process has locked, in its place',
        received,
        remedy:
          'Nothing more is written there. If the folder was moved, everything saved before is in its new place.',
      });
    };
    const place = await placeOf(this.#folder);
    if (place === undefined) refuse('no folder: it was moved or deleted');
    if (place !== this.#place) refuse('another folder of this name');
    const text = await readFile(this.#file, 'utf8').catch(() => undefined);
    if (text === this.#text) return;
    if (text === undefined && (await this.#takenAgain())) return;
    const owner = parseOwner(text ?? '');
    refuse(
      owner === undefined
        ? 'a folder with another lock'
        : `a folder that process ${owner.pid} has locked since`,
    );
  }

  async #takenAgain(): Promise<boolean> {
    try {
      return await createWhole(this.#file, this.#text);
    } catch (error) {
      throw explain(this.#file, error);
    }
  }

  async release(): Promise<void> {
    this.#callOff();
    // If somebody deleted the file, another process may have locked the folder since.
    if ((await readFile(this.#file, 'utf8').catch(() => undefined)) === this.#text)
      await rm(this.#file, { force: true });
  }
}
