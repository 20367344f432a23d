import { statfs } from 'node:fs/promises';
import { bytesText } from '../../base/bytes-text.js';
import { HmsaError } from '../../base/errors/index.js';
import { explain } from '../files/index.js';

/** How libvips words the errors of the system. It does not give their codes. */
const causes: readonly (readonly [words: RegExp, code: string])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/quota exceeded/i, 'EDQUOT'],
  [/file too large/i, 'EFBIG'],
];

/**
 * The result of work that writes a file, by Node or by libvips.
 *
 * @throws HmsaError that names the file when the system refuses it; other errors as they are
 */
export async function toDisk<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const code = causes.find(([words]) => error instanceof Error && words.test(error.message))?.[1];
    throw explain(path, code === undefined ? error : Object.assign(error as Error, { code }));
  }
}

/**
 * Makes sure, before hours of work, that a folder's disk has room for temporary files.
 *
 * @throws HmsaError that says how much is missing
 */
export async function checkFreeSpace(folder: string, bytes: number, of: string): Promise<void> {
  // Some file systems do not say.
  const info = await statfs(folder).catch(() => undefined);
  if (info === undefined || info.blocks === 0) return;
  const free = info.bavail * info.bsize;
  if (free >= bytes) return;
  throw new HmsaError({
    operation: of,
    expected: `${bytesText(bytes)} of free space in ${folder} for its temporary files`,
    received: bytesText(free),
    remedy: 'Free some space, choose another place (--out), or give more memory (--memory).',
  });
}
