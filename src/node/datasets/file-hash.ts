import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { withRegularFile } from '../files/index.js';

interface Known {
  readonly stamp: string;
  readonly hash: string;
}

/** Hashes in this process, by path, because the fingerprint of a set is needed several times. */
const known = new Map<string, Known>();

const CHUNK = 2 ** 20;

/**
 * SHA-256 of all bytes of a file, in hex. The file is read again only if its size, its times or its place on disk have
 * changed. The time of change (`ctime`) cannot be set back, unlike that of modification.
 *
 * @throws HmsaError when it cannot be read
 */
export async function fileHash(path: string): Promise<string> {
  const before = stampOf(await stat(path, { bigint: true }).catch(() => undefined));
  const kept = known.get(path);
  if (kept !== undefined && kept.stamp === before) return kept.hash;
  const hash = await withRegularFile(path, {}, async (file, size) => {
    const digest = createHash('sha256');
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, Math.max(size, 1)));
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return digest.digest('hex');
      digest.update(chunk.subarray(0, bytesRead));
    }
  });
  known.set(path, { stamp: before, hash });
  return hash;
}

function stampOf(info: BigIntStats | undefined): string {
  return info === undefined ? '' : [info.dev, info.ino, info.size, info.mtimeNs, info.ctimeNs].join(' ');
}
