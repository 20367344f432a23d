import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { HmsaError } from '../base/errors/index.js';
import { obstacleTo, readRegularFile } from '../node/files/index.js';
import { isOwnPage } from '../report/pages/index.js';

/** Marks by which an earlier result is recognised. */
const marks = {
  evaluation: (text: string) => hasKeys(text, 'perClass', 'meanIoU'),
  comparison: (text: string) => hasKeys(text, 'rows', 'thinClasses'),
  inspection: (text: string) => hasKeys(text, 'format', 'set', 'faults'),
  page: isOwnPage,
  chart: (text: string) => text.startsWith('<svg ') && text.includes('aria-label='),
};

/** A file that a command writes at its end: the flag that names it, such as `--json`, its path, and what it is. */
type ResultFile = readonly [flag: string, path: string | undefined, kind: keyof typeof marks];

/**
 * Checks before the work that each result can be written, in a place of its own, and replaces nothing but an earlier result. The
 * name may by mistake be that of the model, of a photograph or of a list.
 *
 * @throws HmsaError that names the flag and the file
 */
export async function checkResultFiles(...files: readonly ResultFile[]): Promise<void> {
  const taken = new Map<string, string>();
  for (const [flag, path, kind] of files) {
    if (path === undefined) continue;
    if (path === '') refuse(flag, 'the path of a file', 'nothing');
    const found = await stat(path).catch(() => undefined);
    // Files that are not regular (a pipe, `/dev/stdout`) are written to, not replaced.
    if (found !== undefined && !found.isFile() && !found.isDirectory()) continue;
    if (found?.isDirectory()) refuse(flag, 'a file to write', `${path}, a folder`);
    const place = await realpath(path).catch(() => resolve(path));
    const other = taken.get(place);
    if (other !== undefined) refuse(flag, `another file than ${other}`, path);
    taken.set(place, flag);
    const obstacle = await obstacleTo(path);
    if (obstacle !== undefined) refuse(flag, 'a place to write this file', `${path}, but ${obstacle}`);
    if (!found?.isFile() || found.size === 0) continue;
    const text = new TextDecoder().decode(await readRegularFile(path));
    if (!marks[kind](text)) {
      refuse(flag, 'a new file, or an earlier result to replace', `${path}, which holds something else`);
    }
  }
}

function refuse(operation: string, expected: string, received: string): never {
  throw new HmsaError({ operation, expected, received, remedy: 'Name another file.' });
}

function hasKeys(text: string, ...keys: readonly string[]): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && keys.every((key) => Object.hasOwn(value, key));
  } catch {
    return false;
  }
}
