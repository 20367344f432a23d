import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { mapBounded } from '../../base/tasks/index.js';
import type { FileDataset } from '../datasets/index.js';
import { version } from '../version.js';

/** Raised when equal files are examined to another result. */
const VERSION = 1;

/**
 * What an examination of these very files depends on: their paths, sizes and times, and how labels are read. Unlike a
 * data set's fingerprint it opens no file, and it changes whenever a file was written, even with the same bytes.
 */
export async function stampOf(dataset: FileDataset): Promise<{
  /** Of all photographs together. */
  readonly bytes: number;
  /** Hexadecimal. */
  readonly digest: string;
}> {
  const { items, classes, rule, pixelLimit } = dataset.parts;
  let bytes = 0;
  const lines = await mapBounded(items.length, 16, async (index) => {
    const { image, label } = items[index]!;
    const photo = await sizeAndTimes(image);
    bytes += photo.size;
    return JSON.stringify([image, photo, label, label === undefined ? null : await sizeAndTimes(label)]);
  });
  const hash = createHash('sha256').update(JSON.stringify([VERSION, version, classes, rule, pixelLimit]));
  for (const line of lines) hash.update(line);
  return { bytes, digest: hash.digest('hex').slice(0, 40) };
}

/** A file that is gone is examined, and found missing. */
async function sizeAndTimes(path: string): Promise<{ size: number; modified?: number; changed?: number }> {
  try {
    const { size, mtimeMs, ctimeMs } = await stat(path);
    return { size, modified: mtimeMs, changed: ctimeMs };
  } catch {
    return { size: 0 };
  }
}
