import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { constants, type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { checkArgument, HmsaError, isObject } from '../../base/errors/index.js';
import { atEnd } from './at-end.js';

const { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } = constants;
/** Undefined on Windows, which has no named pipes among its files. */
const NONBLOCK = constants.O_NONBLOCK ?? 0;

/** The content of a file: text (UTF-8), bytes, or a sequence of pieces of either. */
export type FileContent =
  | string
  | Uint8Array
  | Iterable<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>;

/**
 * Writes a file under a temporary name beside its target and renames it, so that a reader sees the old file or the new
 * one, never a part of one. A failure leaves the old file unchanged. Missing folders are created.
 *
 * A target that is not a regular file (`/dev/stdout`, a named pipe) is written directly. A pipe without a reader is an
 * error, because opening it would wait forever.
 *
 * @throws HmsaError that names the file, when the disk is full or the place cannot be written
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<void> {
  checkArgument(typeof path === 'string' && path !== '', 'writeFileAtomic', 'the path of a file', path);
  const isContent =
    typeof content === 'string' ||
    (isObject(content) && (Symbol.iterator in content || Symbol.asyncIterator in content)) ||
    Array.isArray(content);
  checkArgument(isContent, 'writeFileAtomic', 'text, bytes or pieces of them', content);
  try {
    const existing = await stat(path).catch(() => undefined);
    if (existing !== undefined && !existing.isFile()) {
      await writeInto(path, O_WRONLY | O_TRUNC | NONBLOCK, content);
      return;
    }
    await makeFolders(dirname(path));
    await writeBeside(path, content, existing?.mode);
  } catch (error) {
    throw explain(path, error);
  }
}

/**
 * Writes a value as indented JSON with a line end, like {@link writeFileAtomic}.
 *
 * @throws HmsaError as {@link writeFileAtomic} does, and for a value that JSON cannot represent
 */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  let text: string | undefined;
  try {
    text = JSON.stringify(value, null, 2);
  } catch {
    // A bigint, or a value that contains itself.
  }
  checkArgument(text !== undefined, 'writeJsonAtomic', 'a value that JSON can represent', value);
  await writeFileAtomic(path, `${text}\n`);
}

/**
 * Appends to a file, which is created if it does not exist. A crash can leave a part of the text.
 *
 * @throws HmsaError that names the file, when the disk is full or the place cannot be written
 */
export async function appendToFile(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | NONBLOCK);
    try {
      await writeAll(file, text);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw explain(path, error);
  }
}

/**
 * Creates a folder and the missing folders above it.
 *
 * @throws HmsaError that names the folder, when it cannot be created
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    throw explain(path, error, 'a folder, or a place where one can be created');
  }
}

/** Not `mkdir` with `recursive`: in Node 20 it never returns below `/proc`, in which no folder can be created. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || (await stat(parent).catch(() => undefined)) !== undefined)
      throw error;
    await makeFolders(parent);
    await makeFolders(path);
  }
}

/**
 * The temporary name of an incomplete file. It shows that the file is ours, so that the rest of a killed process can be
 * deleted and nobody else's file is. It is short, so that it fits wherever the file's own name does.
 */
export function temporaryName(): string {
  return `.hmsa-${randomBytes(6).toString('hex')}.tmp`;
}

/** Whether a name comes from {@link temporaryName}, with the ending of libvips' files or not. */
export function isTemporary(name: string): boolean {
  return /^\.hmsa-[0-9a-f]{12}\.tmp(\.v)?$/.test(name);
}

async function writeBeside(path: string, content: FileContent, mode: number | undefined): Promise<void> {
  const beside = join(dirname(path), temporaryName());
  const callOff = atEnd(() => rmSync(beside, { force: true }));
  try {
    await writeInto(beside, 'wx', content, mode);
    await replace(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  } finally {
    callOff();
  }
}

/** Renames a file to a name that may be taken. */
async function replace(from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (!isBusy(error) || tries === 50) throw error;
    }
    await setTimeout(20);
  }
}

/** Whether an error may be gone soon: Windows refuses to replace or open a file while others read or delete it. */
export function isBusy(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return process.platform === 'win32' && (code === 'EPERM' || code === 'EACCES' || code === 'EBUSY');
}

async function writeInto(
  path: string,
  flags: string | number,
  content: FileContent,
  mode?: number,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    if (typeof content === 'string' || content instanceof Uint8Array) {
      await writeAll(file, content);
    } else {
      for await (const piece of content) {
        const isPiece = typeof piece === 'string' || piece instanceof Uint8Array;
        checkArgument(isPiece, 'writeFileAtomic', 'pieces of text or bytes', piece);
        await writeAll(file, piece);
      }
    }
    // Without it, a power failure after the rename can leave an empty file under the final name. Pipes do not support
    // it.
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, piece: string | Uint8Array): Promise<void> {
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
  for (let written = 0; written < bytes.length; ) {
    try {
      written += (await file.write(bytes, written)).bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // The reader of the pipe is slower than the writer.
      await setTimeout(10);
    }
  }
}

const reasons: Readonly<Record<string, readonly [received: string, remedy: string]>> = {
  ENOSPC: ['a full disk', 'Free some space and run again; nothing was changed.'],
  EDQUOT: ['a full disk quota', 'Free some space and run again; nothing was changed.'],
  EFBIG: ['a file above the size limit', 'Raise the limit on file sizes; nothing was changed.'],
  ENXIO: ['a pipe without a reader, or a socket', 'Choose another place, or start its reader first.'],
  EBADF: ['one that is closed, or that is only read from', 'Choose another place.'],
  EPIPE: ['a pipe whose reader has gone', 'Start the reader again, or choose another place.'],
  ENAMETOOLONG: ['a name that is too long', 'Choose a shorter name.'],
  ELOOP: ['a link that leads to itself', 'Choose another place.'],
  ENOENT: ['no folder in which anything can be created', 'Choose another place.'],
  EACCES: ['no permission to write there', 'Choose another place or change its permissions.'],
  EPERM: ['no permission to write there', 'Choose another place or change its permissions.'],
  EROFS: ['a read-only file system', 'Choose another place.'],
  EISDIR: ['a folder of that name', 'Choose another name.'],
  ENOTDIR: ['a file where a folder should be', 'Choose another name.'],
  EEXIST: ['a file where a folder should be', 'Choose another name.'],
};

function reasonOf(code: string) {
  return reasons[code] ?? ([code, 'Choose another place.'] as const);
}

/** The error for results that standard output did not take. */
export function explainStdout(error: NodeJS.ErrnoException): HmsaError {
  const [received] = reasonOf(error.code ?? error.message);
  return new HmsaError({
    operation: 'standard output',
    expected: 'a place that takes the results',
    received,
    remedy: 'Send them elsewhere, or make room there, and run again.',
    cause: error,
  });
}

/** Turns an error of the file system into one that names the file. */
export function explain(path: string, error: unknown, expected = 'a place to write this file'): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  // An error without a code comes from the iterator of the content and is not about writing.
  if (code === undefined) return error;
  const [received, remedy] = reasonOf(code);
  return new HmsaError({
    operation: path === '' ? 'an empty path' : path,
    expected,
    received,
    remedy,
    cause: error,
  });
}
