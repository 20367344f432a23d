import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { HmsaError } from '../../../errors/index.js';

/**
 * The entries of a list file, one a line: a photograph and, after white space, a comma, a semicolon or a tab, its
 * label. Empty lines and lines that begin with # are passed over.
 */
export function parseList(text: string): (readonly [image: string, label?: string])[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      // White space may be part of a name; then a tab, comma or semicolon divides.
      const divider = /[\t,;]/.test(line) ? /\s*[\t,;]\s*/ : /\s+(?=\S+$)/;
      const [image = '', label] = line.split(divider);
      return label === undefined || label === '' ? [image] : [image, label];
    });
}

/** @throws HmsaError when the file cannot be read */
export async function readList(path: string): Promise<(readonly [image: string, label?: string])[]> {
  try {
    return parseList(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new HmsaError({
      operation: path,
      expected: 'a text file that lists photographs',
      received: (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : String(cause),
      remedy: 'Check the path.',
      cause,
    });
  }
}

/** The names in a list, without folders and extensions, as lists from other machines hold other folders. */
export async function readNames(path: string): Promise<string[]> {
  return (await readList(path)).map(([image]) => nameOf(image));
}

/** The file name without folders and extension. */
export function nameOf(path: string): string {
  return posix.parse(path.replaceAll('\\', '/')).name;
}
