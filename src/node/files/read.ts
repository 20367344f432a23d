import { constants, type FileHandle, open } from 'node:fs/promises';
import { checkArgument, HmsaError, program } from '../../base/errors/index.js';
import { parseJson } from '../../base/json.js';
import { FORMAT_BYTES, formatOf } from './format.js';
import { localPath } from './local-path.js';

export interface ReadOptions {
  /** What errors call the file; default: its path. */
  readonly name?: string;
  /** What is expected there, such as `an image file`; default `a file`. */
  readonly expected?: string;
  /** Larger files are refused before they are read, in bytes; default {@link DEFAULT_BYTE_LIMIT}. */
  readonly limit?: number;
  /** What to do if there is something other than a file; default: a general hint. */
  readonly remedy?: string;
}

/** 4 GiB less one page: above every model and photograph, below the limit of a typed array. */
export const DEFAULT_BYTE_LIMIT = 2 ** 32 - 4096;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  ENXIO: 'a socket or device',
  EISDIR: 'a folder',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  ELOOP: 'a link that leads to itself',
  ENAMETOOLONG: 'a name that is too long',
  ERR_INVALID_ARG_VALUE: 'a path with a zero character',
};

/** Whether a text that names no file is an address, such as `https://example.org/a.jpg`: hmsa reads no others than files. */
export function isWebAddress(path: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(path);
}

/**
 * The bytes of a regular file. Pipes, devices and folders are refused without reading, because they can block forever
 * or have no end. Everything that hmsa reads by name is read by this function.
 *
 * @throws HmsaError that names the file and says why it cannot be read, or that it is larger than the limit
 */
export async function readRegularFile(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
  return withRegularFile(path, options, async (file) => new Uint8Array(await file.readFile()));
}

/**
 * {@link readRegularFile}, or undefined if there is no file. @throws HmsaError when there is one that cannot be read
 */
export async function readIfThere(path: string, options: ReadOptions = {}): Promise<Uint8Array | undefined> {
  try {
    return await readRegularFile(path, options);
  } catch (error) {
    const { code } = (error as { cause?: NodeJS.ErrnoException }).cause ?? {};
    if (code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * A regular file as text: UTF-8, or UTF-16 if a byte-order mark says so. The mark itself is removed.
 *
 * @throws HmsaError as {@link readRegularFile} does, and for bytes that are not text
 */
export async function readTextFile(path: string, options: ReadOptions = {}): Promise<string> {
  const bytes = await readRegularFile(path, options);
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  const refuse = (received: string, cause?: unknown): never => {
    throw new HmsaError({
      operation: options.name ?? path,
      expected: `${options.expected ?? 'a text file'}, in UTF-8`,
      received,
      remedy: 'Save it as UTF-8.',
      cause,
    });
  };
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    return refuse('bytes that are not text in UTF-8 or UTF-16', cause);
  }
  if (text.includes('\0')) refuse('zero bytes, as in UTF-16 without a byte-order mark or in binary data');
  return text;
}

/** The largest JSON file: above every list of classes, index and record. */
const JSON_BYTE_LIMIT = 256 * 1024 * 1024;

/**
 * The value of a JSON file, see {@link parseJson}.
 *
 * @throws HmsaError as {@link readTextFile} does, and for text that is not JSON
 */
export async function readJsonFile(path: string, options: ReadOptions = {}): Promise<unknown> {
  const text = await readTextFile(path, { expected: 'a JSON file', limit: JSON_BYTE_LIMIT, ...options });
  return parseJson(text, options.name ?? path, { longest: JSON_BYTE_LIMIT });
}

/** Opens a file, checks that it is a regular file within the limit, and closes it after the task. */
export async function withRegularFile<T>(
  path: string,
  { name = path, expected = 'a file', limit = DEFAULT_BYTE_LIMIT, remedy }: ReadOptions,
  task: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  checkArgument(typeof path === 'string' && path !== '', 'path', `the path of ${expected}`, path);
  const refuse = (received: string, remedy: string, cause?: unknown): never => {
    throw new HmsaError({ operation: name, expected, received, remedy, cause });
  };
  const named = localPath(path);
  let file: FileHandle;
  try {
    // Without O_NONBLOCK, opening a named pipe waits for a writer.
    file = await open(named, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code ?? cause);
    if (isWebAddress(path)) return refuse('a web address', 'Download it first, and name the file.', cause);
    return refuse(reasons[code] ?? code, 'Check the path and its permissions.', cause);
  }
  try {
    const info = await file.stat();
    if (info.isDirectory()) refuse('a folder', remedy ?? 'Name a file in it.');
    if (!info.isFile()) refuse('a pipe, socket or device', remedy ?? 'Copy the data into a regular file.');
    if (info.size > limit)
      refuse(`${info.size} bytes, more than ${limit}`, 'Check that it is the right file.');
    return await task(file, info.size);
  } catch (error) {
    // The disk may fail, and some files of `/proc` can be opened but not read.
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === 'read') refuse(`${code} when reading it`, 'Check the file and its disk.', error);
    throw error;
  } finally {
    await file.close();
  }
}

/** Above every model; what is larger is refused before it takes memory. */
const LARGEST = 2 ** 31;

/**
 * The bytes of a `.safetensors` file. What cannot be one, by its first bytes and its size, is refused before the rest is
 * read.
 *
 * @throws HmsaError that names the file
 */
export async function readWeightFile(path: string, expected = 'a model file'): Promise<Uint8Array> {
  const remedy = 'Name a .safetensors file; that of a training run is model.safetensors in its folder.';
  return withRegularFile(path, { expected, limit: LARGEST, remedy }, async (file, size) => {
    const first = new Uint8Array(FORMAT_BYTES);
    const { bytesRead } = await file.read(first, 0, FORMAT_BYTES, 0);
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
      if (isOnnx(first)) {
        throw new HmsaError({
          operation: path,
          expected,
          received: 'an ONNX file',
          remedy: 'Name the .safetensors file that it was exported from.',
        });
      }
      const format = formatOf(first.subarray(0, bytesRead));
      if (format !== undefined)
        throw new HmsaError({ operation: path, expected, received: `an image (${format.name})`, remedy });
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

/** Whether a file begins with the fields of an ONNX model: the version of its format, and what comes next. */
function isOnnx([field, version, next]: Uint8Array): boolean {
  const nextFields = [0x12, 0x1a, 0x22, 0x32, 0x3a, 0x42, 0x72];
  return field === 0x08 && version! < 32 && nextFields.includes(next!);
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
