import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import picomatch from 'picomatch';

/** A file, or a folder that is not entered. */
export interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Whether a text has characters that stand for others, as `*` does. */
export function isPattern(text: string): boolean {
  return picomatch.scan(slashed(text)).isGlob;
}

/**
 * The files that match a pattern, in order of name; `**` stands for any number of folders. Hidden ones are left out. Links to
 * folders are followed where the pattern says how deep it reaches. With `**` they are given as folders instead, because one may
 * lead to itself or to the whole disk; so are folders that cannot be read.
 */
export async function matchingFiles(pattern: string): Promise<Entry[]> {
  const { base, glob } = picomatch.scan(slashed(pattern));
  const isMatch = picomatch(glob);
  // Alternatives in braces may have folders in them.
  const depth = /\*\*|[{(]/.test(glob) ? Number.POSITIVE_INFINITY : glob.split('/').length;
  const found: Entry[] = [];
  const walk = async (folder: string, within: string, level: number): Promise<void> => {
    const path = (name: string) => (folder === '' ? name : join(folder, name));
    const entries = await readdir(folder === '' ? '.' : folder, { withFileTypes: true }).catch(
      () => undefined,
    );
    if (entries === undefined) {
      if (level > 1) found.push({ path: folder, isFolder: true });
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const name = within + entry.name;
      const isLink = entry.isSymbolicLink();
      const info = isLink ? await stat(path(entry.name)).catch(() => undefined) : entry;
      if (!info?.isDirectory()) {
        if (isMatch(name)) found.push({ path: path(entry.name), isFolder: false });
      } else if (level < depth) {
        if (isLink && depth === Number.POSITIVE_INFINITY)
          found.push({ path: path(entry.name), isFolder: true });
        else await walk(path(entry.name), `${name}/`, level + 1);
      }
    }
  };
  await walk(base, '', 1);
  return found;
}

function slashed(pattern: string): string {
  return process.platform === 'win32' ? pattern.replaceAll('\\', '/') : pattern;
}
