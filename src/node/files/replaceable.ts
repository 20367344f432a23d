import { lstat, stat } from 'node:fs/promises';
import { HmsaError } from '../../base/errors/index.js';
import { obstacleTo } from './place.js';
import { withRegularFile } from './read.js';

export interface ReplaceOptions {
  /** Whether a file of any other kind may be replaced. */
  readonly overwrite: boolean;
  /** Files that are read, and are never replaced. */
  readonly inputs: readonly string[];
  /** Whether a file is of the kind that is written, by its first {@link BEGINNING} bytes. */
  readonly isOwn: (beginning: Uint8Array) => boolean;
  /** What errors call such a file: `an ONNX file that hmsa has written`. */
  readonly own: string;
}

/** Bytes by which the kind of a file is told. */
const BEGINNING = 4096;

/**
 * Makes sure, before the work, that a file can be written and replaces nothing of value: the name may be that of
 * the model or of another file by mistake. What is no regular file (a pipe, `/dev/stdout`) is written to and not replaced.
 *
 * @throws HmsaError that names the file
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
  const checkPlace = async () => {
    const obstacle = await obstacleTo(path);
    if (obstacle === undefined) return;
    throw new HmsaError({
      operation: path,
      expected: 'a place to write this file',
      received: obstacle,
      remedy: 'Name another file.',
    });
  };
  const key = await keyOf(path);
  if (key === undefined) {
    const isLink = (await lstat(path).catch(() => undefined)) !== undefined;
    if (isLink && !overwrite)
      refuse('a link that leads nowhere', 'Remove it, name another file, or --overwrite.');
    return checkPlace();
  }
  for (const input of inputs)
    if ((await keyOf(input)) === key) refuse('a file that is read', 'Name another file.');
  const info = await stat(path);
  if (info.isDirectory()) refuse('a folder', 'Name a file in it.');
  if (!info.isFile()) return;
  await checkPlace();
  if (overwrite || info.size === 0) return;
  const beginning = await withRegularFile(path, {}, async (file) => {
    const bytes = new Uint8Array(BEGINNING);
    const { bytesRead } = await file.read(bytes, 0, BEGINNING, 0);
    return bytes.subarray(0, bytesRead);
  });
  if (!isOwn(beginning)) refuse('something else', 'Name another file, or replace it with --overwrite.');
}

/** What tells a file from all others, whatever it is called; undefined where none is there. */
async function keyOf(path: string): Promise<string | undefined> {
  const info = await stat(path, { bigint: true }).catch(() => undefined);
  return info && `${info.dev}:${info.ino}`;
}
