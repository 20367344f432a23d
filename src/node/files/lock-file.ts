import { link, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { HmsaError } from '../../base/errors/index.js';
import { isBusy, temporaryName, writeFileAtomic } from './atomic.js';
import { isAlive, type LockOwner, parseOwner } from './lock-owner.js';
import { readIfThere } from './read.js';

/** The name of the file that locks its folder. */
export const LOCK = '.hmsa-lock';

/** How often a process looks at a lock that changes meanwhile, every 10 ms, before it gives up. */
const TRIES = 200;

/**
 * Locks a folder, unless its owner is alive.
 *
 * A folder without a lock belongs to the process that creates the lock. The lock of a process that has ended is taken over
 * by its successor: a file whose name carries the id of that lock, so that only one process can create it. If that
 * process ends too, its own id names the next successor. The last one of this chain owns the folder. It replaces the
 * lock, whose new id begins another chain, and deletes the successors.
 *
 * A slow process may create a successor of a lock that is no longer there. So it looks, after it has created one, whether
 * the lock is still the one at which the chain began. Ids never come back, and as long as a lock is there, only a process that
 * gives up deletes a file of its chain, and its own file alone. So it does not matter how long a process pauses between two
 * steps.
 *
 * @param text describes this process, with an id of its own
 * @returns the ended process whose lock was taken over
 * @throws HmsaError that names the owner if it is alive, or if this process cannot find out
 */
export async function takeLock(folder: string, text: string): Promise<LockOwner | undefined> {
  const lock = join(folder, LOCK);
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) await setTimeout(10);
    const ended = await endedOwners(folder);
    if (ended === 'changing') continue;
    const [first, last] = [ended[0], ended.at(-1)];
    if (first === undefined || last === undefined) {
      if (await createWhole(lock, text)) return undefined;
      continue;
    }
    const next = successor(lock, last);
    if (!(await createWhole(next, text))) continue;
    try {
      if (!(await isOf(lock, first))) continue;
      await writeFileAtomic(lock, text);
    } finally {
      await remove(next);
    }
    await removeSuccessors(folder);
    return first;
  }
  return refuse(folder, lock);
}

function successor(lock: string, { id }: LockOwner): string {
  return `${lock}-${id}`;
}

/** Deletes also what processes have left that ended while they took the lock over. */
async function removeSuccessors(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.startsWith(`${LOCK}-`)) await remove(join(folder, name));
}

/** Fails on Windows if another process is deleting the same file. */
async function remove(file: string): Promise<void> {
  await rm(file, { force: true }).catch(() => {});
}

/**
 * The owners of the lock and of its successors, all of which have ended; none if the folder is not locked.
 *
 * @throws HmsaError when the last one may be alive
 */
async function endedOwners(folder: string): Promise<readonly LockOwner[] | 'changing'> {
  const lock = join(folder, LOCK);
  const owners: LockOwner[] = [];
  for (let file = lock; ; file = successor(lock, owners.at(-1)!)) {
    const owner = await ownerIn(folder, file);
    if (owner === undefined) return owners;
    if (owner === 'changing') return 'changing';
    // Successors that lead in a circle.
    if (owners.some(({ id }) => id === owner.id)) return refuse(folder, file);
    const lives = isAlive(owner);
    if (lives === 'unknown' || (lives && !(await isCopied(folder, owner)))) {
      // A successor of a lock that is no longer there says nothing.
      if (!(await isOf(lock, owners[0] ?? owner))) return 'changing';
      return refuse(folder, lock, owner, lives === true);
    }
    owners.push(owner);
  }
}

/** The owner that a file names; undefined if there is no file, `changing` if it is being written or deleted. */
async function ownerIn(folder: string, file: string): Promise<LockOwner | 'changing' | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readIfThere(file, {
      limit: 65_536,
      expected: 'the lock of its folder, which is a file',
      remedy: 'hmsa did not make this. Delete it, or choose another folder.',
    });
  } catch (error) {
    if (isBusy((error as Error).cause)) return 'changing';
    throw error;
  }
  if (bytes === undefined) return undefined;
  if (bytes.length === 0) return 'changing';
  return parseOwner(new TextDecoder().decode(bytes)) ?? refuse(folder, file);
}

/** Whether a lock is that of this owner. */
async function isOf(lock: string, { id }: LockOwner): Promise<boolean> {
  const text = await readFile(lock, 'utf8').catch(() => '');
  return parseOwner(text)?.id === id;
}

/** Whether a lock came here with a copy of the folder in which its owner works. */
async function isCopied(folder: string, owner: LockOwner): Promise<boolean> {
  if (owner.folder === (await realpath(folder))) return false;
  // If that folder is gone, this is the same folder under another name, and so it is if both names lead to one place.
  const place = await placeOf(owner.folder);
  return place !== undefined && place !== (await placeOf(folder));
}

/** Identifies a folder independently of its name; undefined if it does not exist. */
export async function placeOf(folder: string): Promise<string | undefined> {
  const info = await stat(folder, { bigint: true }).catch(() => undefined);
  return info && `${info.dev}:${info.ino}`;
}

/**
 * Creates a file with its whole content at once.
 *
 * @returns false if there is a file of that name
 */
export async function createWhole(file: string, text: string): Promise<boolean> {
  const beside = join(dirname(file), temporaryName());
  await writeFile(beside, text, { flag: 'wx' });
  try {
    await link(beside, file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The owner of the folder deletes temporary files.
    if (code === 'ENOENT') return false;
    // A network folder may report that a file exists which this very call has created.
    if (code === 'EEXIST') return (await readFile(file, 'utf8').catch(() => '')) === text;
  } finally {
    await remove(beside);
  }
  // A file system without hard links. Whoever reads the file may find it empty.
  try {
    await writeFile(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || isBusy(error)) return false;
    throw error;
  }
}

function refuse(folder: string, file: string, owner?: LockOwner, isHere = false): never {
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
