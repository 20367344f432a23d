import { formatOf, withRegularFile } from '../files/index.js';
import { softwareOfPng } from './png.js';
import { softwareOfTiff } from './pyramid.js';

/** Enough bytes for the chunks before the pixels in a PNG file of hmsa: 256 colours and a line of text. */
const LOOKED_AT = 4096;

/**
 * The program that made a file: as `withSoftware` and `encodedPyramid` stored it, or the first key, `software`, of a JSON file;
 * undefined if it is not stored or cannot be read.
 */
export async function softwareOf(path: string): Promise<string | undefined> {
  try {
    const beginning = await withRegularFile(path, {}, async (file) => {
      const bytes = Buffer.alloc(LOOKED_AT);
      const { bytesRead } = await file.read(bytes, 0, LOOKED_AT, 0);
      return bytes.subarray(0, bytesRead);
    });
    const format = formatOf(beginning)?.name;
    if (format === 'PNG') return softwareOfPng(beginning);
    if (format === 'TIFF') return await softwareOfTiff(path);
    const head = beginning.toString('latin1', 0, 400);
    return (/^\{"software":"([^"\\]*)"/.exec(head) ?? /^<svg[^>]*><metadata>([^<]*)</.exec(head))?.[1];
  } catch {
    return undefined;
  }
}
