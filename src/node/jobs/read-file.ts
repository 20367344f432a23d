import { readFile } from 'node:fs/promises';
import { HmsaError } from '../../errors/index.js';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'none there',
  ENOTDIR: 'none there',
  EISDIR: 'a folder',
  EACCES: 'no permission to read it',
};

/** The bytes of a file. @throws HmsaError that says why there are none */
export async function readOrExplain(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw new HmsaError({
      operation: file,
      expected: 'a file',
      received: reasons[code] ?? code,
      remedy: 'Check the path.',
      cause: error,
    });
  }
}

/** The bytes of a file, or undefined where there is none. @throws HmsaError when there is one that cannot be read */
export async function readIfThere(file: string): Promise<Uint8Array | undefined> {
  try {
    return await readOrExplain(file);
  } catch (error) {
    const { code } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}
