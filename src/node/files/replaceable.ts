import { lstat, stat } from 'node:fs/promises';
import { HmsaError } from '../../base/errors/index.js';
import { withRegularFile } from './read.js';

/** What {@link checkReplaceable} may let be replaced. */
export interface ReplaceOptions {
  /** Whether any file may be replaced, not only one of the expected kind. */
  readonly overwrite: boolean;
  /** Files that the program reads. They are never replaced. */
  readonly inputs: readonly string[];
  /** Whether a file is of the kind that is about to be written. It gets the first {@link BEGINNING} bytes. */
  readonly isOwn: (beginning: Uint8Array) => boolean;
  /** What errors call such a file: `an ONNX file that hmsa has written`. */
  readonly own: string;
}

/** Bytes that are enough to tell the kind of a file. */
const BEGINNING = 4096;

/**
 * Checks before a long task that its output file may be written. A user may have given the name of the model or of another
 * file by mistake. A new file, an empty one and one of the expected kind may be written, and anything that is not a regular
 * file, such as a pipe or `/dev/stdout`.
 *
 * @throws HmsaError that names the file if it would replace another one
 */
export async function checkReplaceable(
  path: string,
  { overwrite, inputs, isOwn, own }: ReplaceOptions,
): Promise<void> {
  const refuse = (received: string, remedy: string): never => {
    throw new HmsaError({
      operation: path,
      expected: `a new file, or ${own} to replace`,
      received,
      remedy,
    });
  };
  const key = await keyOf(path);
  if (key === undefined) {
    const isLink = (await lstat(path).catch(() => undefined)) !== undefined;
    if (isLink && !overwrite)
      refuse('a link that leads nowhere', 'Remove it, name another file, or --overwrite.');
    return;
  }
  for (const input of inputs)
    if ((await keyOf(input)) === key) refuse('a file that is read', 'Name another file.');
  const info = await stat(path);
  if (info.isDirectory()) refuse('a folder', 'Name a file in it.');
  if (overwrite || !info.isFile() || info.size === 0) return;
  const beginning = await withRegularFile(path, {}, async (file) => {
    const bytes = new Uint8Array(BEGINNING);
    const { bytesRead } = await file.read(bytes, 0, BEGINNING, 0);
    return bytes.subarray(0, bytesRead);
  });
  if (!isOwn(beginning)) refuse('something else', 'Name another file, or replace it with --overwrite.');
}

/** Identifies a file by device and inode, so that two names of one file are equal; undefined if there is no file. */
async function keyOf(path: string): Promise<string | undefined> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info && `${info.dev}:${info.ino}`;
}
