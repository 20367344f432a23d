import type { NdArray } from '../../base/arrays.js';
import { crc32 } from '../../base/crc32.js';

/** The metadata key under which a file keeps the checksum of everything else in it. */
export const CHECKSUM_KEY = 'crc32';

/**
 * The CRC-32, as 8 hexadecimal digits, of metadata and arrays: keys, values, names, types, shapes and bytes, sorted by name.
 * It stays the same if another program rewrites the file in another order.
 */
export function checksum(
  tensors: ReadonlyMap<string, NdArray>,
  metadata: ReadonlyMap<string, string>,
): string {
  const encoder = new TextEncoder();
  let crc = 0;
  const addText = (...parts: unknown[]) => {
    crc = crc32(encoder.encode(`${JSON.stringify(parts)}\n`), crc);
  };
  for (const [key, value] of byName(metadata)) if (key !== CHECKSUM_KEY) addText(key, value);
  for (const [name, { dtype, shape, data }] of byName(tensors)) {
    addText(name, dtype, shape);
    crc = crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), crc);
  }
  return crc.toString(16).padStart(8, '0');
}

/** Entries sorted by the UTF-16 units of their names. */
export function byName<T>(entries: ReadonlyMap<string, T>): [string, T][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
