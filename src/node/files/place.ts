import { access, constants, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * What keeps a file from being written, found before the work whose result it is: `/photos is a file`. Undefined if nothing
 * does; missing folders can be created.
 */
export async function obstacleTo(path: string): Promise<string | undefined> {
  let folder = dirname(resolve(path));
  while (dirname(folder) !== folder && (await stat(folder).catch(isMissing)) === undefined)
    folder = dirname(folder);
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) return `${folder} is a file`;
  const isClosed = await access(folder, constants.W_OK).catch(() => true);
  return isClosed ? `nothing can be written to ${folder}` : undefined;
}

/** Nothing if the path does not exist; something in the way counts as found. */
function isMissing(error: NodeJS.ErrnoException): true | undefined {
  return error.code === 'ENOENT' || error.code === 'ENOTDIR' ? undefined : true;
}
