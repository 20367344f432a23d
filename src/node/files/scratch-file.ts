import { rmSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { atEnd } from './at-end.js';
import { explain, temporaryName } from './atomic.js';

/** Bytes with random access. */
export interface ScratchFile {
  /** How many bytes it may hold. */
  readonly bytes: number;
  write(at: number, bytes: Uint8Array): Promise<void>;
  read(at: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The share of the free space on a disk that a file may take if nobody says how much. */
const FREE_SHARE = 0.5;

/** The most bytes of a file if nobody says how many. */
const DEFAULT_MOST = 16e9;

/**
 * Creates a file for bytes that nothing reads after this process. It is deleted when it is closed and when the process
 * ends. If the process is killed, its name is one of those that {@link isTemporary} knows.
 *
 * @param most bytes; default: up to 16 GB and half of the free space
 * @throws HmsaError that names the file when it cannot be created, and when a write fails
 */
export async function openScratchFile(folder: string, wanted: number, most?: number): Promise<ScratchFile> {
  const path = join(folder, temporaryName());
  const limit = most ?? Math.min(DEFAULT_MOST, FREE_SHARE * (await freeBytes(folder)));
  const told = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw explain(path, error);
    });
  const file = await told(open(path, 'wx+', 0o600));
  const callOff = atEnd(() => rmSync(path, { force: true }));
  return {
    bytes: Math.floor(Math.min(wanted, limit)),
    async write(at, bytes) {
      for (let done = 0; done < bytes.length; )
        done += (await told(file.write(bytes, done, bytes.length - done, at + done))).bytesWritten;
    },
    async read(at, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await told(file.read(bytes, done, length - done, at + done));
        if (bytesRead === 0) throw new Error(`${path} ends before byte ${at + length}.`);
        done += bytesRead;
      }
      return bytes;
    },
    async close() {
      await file.close();
      await rm(path, { force: true });
      callOff();
    },
  };
}

/** The free space of a folder's disk for this user; no limit where the system does not say. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({
    bavail: Number.POSITIVE_INFINITY,
    bsize: 1,
  }));
  return bavail * bsize;
}
