import { constants, type FileHandle, open } from 'node:fs/promises';
import { checkArgument, HmsaError } from '../../base/errors/index.js';
import { parseJson } from '../../base/json/index.js';

export interface ReadOptions {
  /** What errors call the file; its path where left out. */
  readonly name?: string;
  /** What is expected there, such as `an image file`; `a file` where left out. */
  readonly expected?: string;
  /** Files of more bytes are refused before they are read; {@link DEFAULT_BYTE_LIMIT} where left out. */
  readonly limit?: number;
  /** What to do where something else than a file is there; a general hint where left out. */
  readonly remedy?: string;
}

/** 4 GiB less one page: above every model and photograph, below what one typed array can hold. */
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

/**
 * The bytes of a regular file. Pipes, devices and folders are refused without reading: they can block for ever or
 * have no end. Everything that hmsa reads by name goes through here.
 *
 * @throws HmsaError that names the file and says why it cannot be read, or that it is larger than the limit
 */
export async function readRegularFile(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
  return withRegularFile(path, options, async (file) => new Uint8Array(await file.readFile()));
}

/** {@link readRegularFile}, or undefined where no file is there. @throws HmsaError where one cannot be read */
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
 * A regular file as text: UTF-8, or UTF-16 where a byte-order mark says so; the mark itself is left out.
 *
 * @throws HmsaError as {@link readRegularFile} does, and for bytes that are no text
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
    return refuse('bytes that are no text in UTF-8 or UTF-16', cause);
  }
  if (text.includes('\0')) refuse('bytes of zero, as in UTF-16 without a byte-order mark or in no text');
  return text;
}

/** Of JSON files; above every list of classes, index and record. */
const JSON_BYTE_LIMIT = 256 * 1024 * 1024;

/**
 * The value of a JSON file, see {@link parseJson}.
 *
 * @throws HmsaError as {@link readTextFile} does, and for what is no JSON
 */
export async function readJsonFile(path: string, options: ReadOptions = {}): Promise<unknown> {
  const text = await readTextFile(path, { expected: 'a JSON file', limit: JSON_BYTE_LIMIT, ...options });
  return parseJson(text, options.name ?? path, { longest: JSON_BYTE_LIMIT });
}

/** Opens a file, makes sure that it is a regular one within the limit, and closes it after the task. */
export async function withRegularFile<T>(
  path: string,
  { name = path, expected = 'a file', limit = DEFAULT_BYTE_LIMIT, remedy }: ReadOptions,
  task: (file: FileHandle, size: number) => Promise<T>,
): Promise<T> {
  checkArgument(typeof path === 'string' && path !== '', 'path', `the path of ${expected}`, path);
  const refuse = (received: string, remedy: string, cause?: unknown): never => {
    throw new HmsaError({ operation: name, expected, received, remedy, cause });
  };
  let file: FileHandle;
  try {
    // Without O_NONBLOCK the opening of a named pipe waits for somebody to write to it.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const code = String((cause as NodeJS.ErrnoException).code ?? cause);
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
    // A disk that fails, and files of `/proc` that open and cannot be read.
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === 'read') refuse(`${code} when reading it`, 'Check the file and its disk.', error);
    throw error;
  } finally {
    await file.close();
  }
}
