import { readdir, realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve, sep } from 'node:path';
import { HmsaError } from '../../base/errors/index.js';
import type { Entry, Files, Folder } from '../../data/files/index.js';
import { localPath, readTextFile, withRegularFile } from '../files/index.js';
import { decodeImage, decodeLabels, imageSize } from '../images/index.js';

/** The files of this machine, for data sets. */
export const disk: Files = {
  atOnce: availableParallelism(),
  absolute: (path) => withSlashes(resolve(localPath(path))),
  async entries(folder) {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries.map((entry): Entry => ({ name: entry.name, kind: kindOf(entry) }));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new HmsaError({
        operation: folder,
        expected: 'a folder that can be read',
        received: String(code),
        remedy: 'Check its permissions.',
        cause: error,
      });
    }
  },
  async status(path) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    const kind = found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other';
    return { kind, size: found.size, modified: found.mtimeMs };
  },
  real: (path) =>
    realpath(path).then(
      (path) => withSlashes(path),
      () => undefined,
    ),
  readText: readTextFile,
  readStart: (path, bytes) =>
    withRegularFile(path, {}, async (file) => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(bytes), 0, bytes, 0);
      return buffer.subarray(0, bytesRead);
    }),
  decodeImage,
  decodeLabels,
  imageSize,
};

/** A folder of this machine or, for the path of a list, the folder of the list. It need not exist. */
export async function diskFolder(path: string, mayBeList = false): Promise<Folder> {
  const root = disk.absolute(path);
  if (!mayBeList || (await disk.status(root))?.kind === 'folder') return { files: disk, root, name: path };
  const end = root.lastIndexOf('/') + 1;
  return { files: disk, root: disk.absolute(root.slice(0, end)), name: path, list: root.slice(end) };
}

interface Kinds {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

function kindOf(entry: Kinds): Entry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Windows separates paths by backslashes. Elsewhere a backslash is part of a name. */
export function withSlashes(path: string, separator: string = sep): string {
  return separator === '/' ? path : path.replaceAll(separator, '/');
}
