import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { link, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HmsaError } from '../../base/errors/index.js';
import { atEnd } from './at-end.js';
import { explain, temporaryName } from './atomic.js';
import { isAlive, type LockOwner, parseOwner, thisProcess } from './lock-owner.js';
import { readIfThere } from './read.js';

const NAME = '.hmsa-lock';

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
    const file = join(folder, NAME);
    try {
      const since = new Date().toISOString();
      const owner = { ...thisProcess(), since, folder: await realpath(folder), id: randomUUID() };
      const text = `${JSON.stringify(owner)}\n`;
      const before = await take(folder, file, text);
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
    const whole = join(this.#folder, temporaryName());
    try {
      await writeFile(whole, this.#text, { flag: 'wx' });
      return await appears(whole, this.#file, this.#text);
    } catch (error) {
      throw explain(this.#file, error);
    } finally {
      await rm(whole, { force: true });
    }
  }

  async release(): Promise<void> {
    this.#callOff();
    // If somebody deleted the file, another process may have locked the folder since.
    if ((await readFile(this.#file, 'utf8').catch(() => undefined)) === this.#text)
      await rm(this.#file, { force: true });
  }
}

/** Identifies a folder independently of its name; undefined if it does not exist. */
async function placeOf(folder: string): Promise<string | undefined> {
  const info = await stat(folder, { bigint: true }).catch(() => undefined);
  return info && `${info.dev}:${info.ino}`;
}

/** @returns the ended process whose lock was taken over */
async function take(folder: string, file: string, text: string): Promise<LockOwner | undefined> {
  const whole = join(folder, temporaryName());
  await writeFile(whole, text, { flag: 'wx' });
  try {
    if (await appears(whole, file, text)) return undefined;
    const owner = await heldBy(folder, file);
    // Taking over needs a lock of its own. If two processes found the same dead owner, the second would replace the
    // lock of the first.
    const guard = `${file}-next`;
    await taken(folder, guard, text);
    try {
      const now = await heldBy(folder, file);
      if (now !== undefined) {
        await rename(whole, file);
        return owner ?? now;
      }
      if (await appears(whole, file, text)) return owner;
      return await refuse(folder, file);
    } finally {
      await rm(guard, { force: true });
    }
  } finally {
    await rm(whole, { force: true });
  }
}

/** Creates the guard. Waits briefly for another process that is taking over. */
async function taken(folder: string, guard: string, text: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(guard, text, { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isDead(guard)) await removeDead(folder, guard);
    else if (tries > 20) return refuse(folder, guard);
    else await setTimeout(100);
  }
}

async function isDead(guard: string): Promise<boolean> {
  const owner = parseOwner((await readFile(guard, 'utf8').catch(() => undefined)) ?? '');
  return owner !== undefined && isAlive(owner) === false;
}

/**
 * Removes the guard of a process that has ended. Meanwhile another process may have removed it and made its own guard. So
 * the guard is moved aside and read again, and put back if its owner lives.
 */
async function removeDead(folder: string, guard: string): Promise<void> {
  const aside = join(folder, temporaryName());
  try {
    await rename(guard, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if (!(await isDead(aside))) await appears(aside, guard, await readFile(aside, 'utf8'));
  } finally {
    await rm(aside, { force: true });
  }
}

/** Moves a complete file to a name, unless the name is taken. */
async function appears(whole: string, file: string, text: string): Promise<boolean> {
  try {
    await link(whole, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS') throw error;
  }
  // A file system without hard links.
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** The dead owner of a lock; undefined if the lock is gone. @throws HmsaError when the owner may be alive */
async function heldBy(folder: string, file: string): Promise<LockOwner | undefined> {
  const bytes = await readIfThere(file, {
    limit: 65_536,
    expected: 'the lock of its folder, which is a file',
    remedy: 'hmsa did not make this. Delete it, or choose another folder.',
  });
  if (bytes === undefined) return undefined;
  const owner = parseOwner(new TextDecoder().decode(bytes));
  if (owner === undefined) return refuse(folder, file);
  const lives = isAlive(owner);
  if (lives === false || (lives === true && (await isCopied(folder, owner)))) return owner;
  return refuse(folder, file, owner);
}

/** Whether a lock came here with a copy of the folder in which its owner works. */
async function isCopied(folder: string, owner: LockOwner): Promise<boolean> {
  if (owner.folder === (await realpath(folder))) return false;
  // If that folder is gone, this is the same folder under another name.
  return (await stat(owner.folder).catch(() => undefined)) !== undefined;
}

async function refuse(folder: string, file: string, owner?: LockOwner): Promise<never> {
  const isHere = owner !== undefined && isAlive(owner) === true;
  const who =
    owner === undefined
      ? `${file}, which does not say who holds it`
      : `process ${owner.pid}${isHere ? '' : ` on ${owner.host}`}, which has held it since ${owner.since}`;
  throw new HmsaError({
    operation: folder,
    expected: 'a folder that no other process writes into',
    received: who,
    remedy: isHere
      ? 'Wait until it has ended, or choose another folder.'
      : `hmsa cannot tell from here whether its owner is running. If it has ended, delete ${file}.`,
  });
}
