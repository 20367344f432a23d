import { constants, copyFile, link, lstat, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import { fileHash } from '../datasets/file-hash.js';
import { explain, makeFolder, temporaryName } from '../files/index.js';

/**
 * How photographs get into the result: as hard links, which take no space (copies where the file system cannot link), as copies,
 * or not at all.
 */
export const photographWays = ['link', 'copy', 'none'] as const;
export type PhotographWay = (typeof photographWays)[number];

/** Errors of file systems that cannot link the two places. */
const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES']);

/**
 * Puts a photograph into the result, complete or not at all. One that is there already stays.
 *
 * @throws HmsaError when another file has its place, or the place cannot be written
 */
export async function placePhotograph(
  from: string,
  to: string,
  way: PhotographWay,
): Promise<'linked' | 'copied' | 'none'> {
  if (way === 'none') return 'none';
  try {
    const source = await realpath(from);
    const there = await existing(source, to);
    if (there !== undefined) return there;
    await makeFolder(dirname(to));
    if (way === 'link' && (await linked(source, to))) return 'linked';
    const beside = join(dirname(to), temporaryName());
    try {
      await copyFile(source, beside, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      await rename(beside, to);
    } finally {
      await rm(beside, { force: true });
    }
    return 'copied';
  } catch (error) {
    throw error instanceof HmsaError ? error : explain(to, error);
  }
}

async function existing(source: string, to: string): Promise<'linked' | 'copied' | undefined> {
  if ((await lstat(to).catch(() => undefined)) === undefined) return undefined;
  const [ours, theirs] = [
    await stat(source, { bigint: true }),
    await stat(to, { bigint: true }).catch(() => undefined),
  ];
  if (theirs?.dev === ours.dev && theirs.ino === ours.ino) return 'linked';
  const isEqual =
    theirs?.isFile() && theirs.size === ours.size && (await fileHash(source)) === (await fileHash(to));
  if (isEqual) return 'copied';
  throw new HmsaError({
    operation: to,
    expected: 'a place for a photograph',
    received: 'another file of that name',
    remedy: 'Remove it, or choose another --out.',
  });
}

async function linked(source: string, to: string): Promise<boolean> {
  try {
    await link(source, to);
    return true;
  } catch (error) {
    if (CANNOT_LINK.has(String((error as NodeJS.ErrnoException).code))) return false;
    throw error;
  }
}
