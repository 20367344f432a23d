import { stat } from 'node:fs/promises';
import { HmsaError } from '../base/errors/index.js';
import { readRegularFile } from '../node/files/index.js';

/** Marks by which an earlier result is recognised. */
const marks = {
  evaluation: (text: string) => hasKeys(text, 'perClass', 'meanIoU'),
  comparison: (text: string) => hasKeys(text, 'rows', 'thinClasses'),
  inspection: (text: string) => hasKeys(text, 'format', 'set', 'faults'),
  page: (text: string) => text.startsWith('<!doctype html>'),
};

/**
 * Checks before the work that a result replaces nothing but an earlier result. The name may by mistake be that of the
 * model, of a photograph or of a list.
 *
 * @param flag such as `--json`
 * @throws HmsaError that names the file
 */
export async function checkResultFile(
  flag: string,
  path: string | undefined,
  kind: keyof typeof marks,
): Promise<void> {
  if (path === undefined) return;
  const found = await stat(path).catch(() => undefined);
  // Files that are not regular (a pipe, `/dev/stdout`) are written to, not replaced.
  if (!found?.isFile() || found.size === 0) return;
  const text = new TextDecoder().decode(await readRegularFile(path));
  if (marks[kind](text)) return;
  throw new HmsaError({
    operation: flag,
    expected: 'a new file, or an earlier result to replace',
    received: `${path}, which holds something else`,
    remedy: 'Name another file.',
  });
}

function hasKeys(text: string, ...keys: readonly string[]): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && keys.every((key) => Object.hasOwn(value, key));
  } catch {
    return false;
  }
}
