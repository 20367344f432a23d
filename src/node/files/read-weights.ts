import type { FileHandle } from 'node:fs/promises';
import { HmsaError, program } from '../../base/errors/index.js';
import { withRegularFile } from './read.js';

/** Above every model; what is larger is refused before it takes memory. */
const LARGEST = 2 ** 31;

/**
 * The bytes of a `.safetensors` file. What cannot be one, by its first 8 bytes and its size, is refused before the rest is
 * read.
 *
 * @throws HmsaError that names the file
 */
export async function readWeightFile(path: string, expected = 'a model file'): Promise<Uint8Array> {
  return withRegularFile(path, { expected, limit: LARGEST }, async (file, size) => {
    const first = new Uint8Array(8);
    const { bytesRead } = await file.read(first, 0, 8, 0);
    const headerLength = new DataView(first.buffer).getBigUint64(0, true);
    if (bytesRead < 8 || headerLength < 2n || headerLength > BigInt(size - 8)) {
      if (isPyTorch(first)) {
        throw new HmsaError({
          operation: path,
          expected,
          received: 'a file that PyTorch or NumPy has written',
          remedy: `Make a model of it: ${program} import ${path}.`,
        });
      }
      throw new HmsaError({
        operation: path,
        expected: `${expected}, which begins with the length of its header`,
        received: bytesRead < 8 ? `${size} bytes` : `a header of ${headerLength} bytes in a file of ${size}`,
        remedy:
          'Get the file again; it is damaged or not a .safetensors file. Weights of PyTorch and others become a model with hmsa import.',
      });
    }
    return wholeFile(file, size);
  });
}

/** Whether a file begins as a zip archive or as a pickle does. */
function isPyTorch([a, b, c, d]: Uint8Array): boolean {
  return (
    (a === 0x50 && b === 0x4b && c === 3 && d === 4) || (a === 0x80 && b !== undefined && b >= 2 && b <= 5)
  );
}

/** The bytes of a weight file of any kind. @throws HmsaError that names the file */
export async function readPublishedFile(path: string, expected = 'a file of weights'): Promise<Uint8Array> {
  return withRegularFile(path, { expected, limit: LARGEST }, wholeFile);
}

/** Not `readFile`, which refuses 2 GiB. */
async function wholeFile(file: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, Math.min(size - at, 2 ** 30), at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}
